import { beforeAll, beforeEach, expect, test } from 'bun:test'
import type { CallDetail } from '#contract'
import { mediaIdOf, type TracedMessage } from '#sip'
import { type OpenedCallStore, openCallStore } from './call-store.ts'
import { answeredCall, insertSegments, SECOND_US, type TestMessage, traced } from './test-calls.ts'
import { callsDatabase, searchPage } from './test-rig.ts'

const database = callsDatabase([-1, 0, 1])
let store: OpenedCallStore
beforeAll(() => {
  store = openCallStore({ sql: database.sql })
})
beforeEach(async () => {
  await database.sql`truncate call_segments, correlation_keys, call_quality`
})

const { signal } = new AbortController()
const open = (callId: string): Promise<CallDetail | undefined> =>
  store.readCall(callId, { correlate: true, messagesMax: 5_000 }, signal)

const sdp = (ip: string, port: number, codec: string) =>
  `v=0\r\no=x 1 1 IN IP4 ${ip}\r\nc=IN IP4 ${ip}\r\nm=audio ${port} RTP/AVP 96\r\na=rtpmap:96 ${codec}\r\n`

/** A call of a minute between 10.1.0.1:4000 and 10.1.0.2:5000. */
const talk = (callId: string, codec = 'PCMA/8000', atUs = 0): TracedMessage[] => {
  const [invite, ringing, ok, ...rest] = answeredCall({ callId, atUs })
  const withBody = (start: string, message: TracedMessage, body: string) =>
    traced({ start, callId, body, atUs: message.atUs - answeredCall({})[0]!.atUs, toTag: 't' })
  return [
    withBody('INVITE', invite!, sdp('10.1.0.1', 4000, 'PCMU/8000')),
    ringing!,
    withBody('200', ok!, sdp('10.1.0.2', 5000, codec)),
    ...rest,
  ]
}

const rtcp = (more: TestMessage = {}, block: object = {}): TracedMessage =>
  traced({
    ...{ protocolType: 5, src: '10.1.0.1', dst: '10.1.0.2', ports: [4001, 5001] },
    atUs: 10 * SECOND_US,
    start: JSON.stringify({
      ...{ type: 201, ssrc: 7 },
      report_blocks: [{ source_ssrc: 9, fraction_lost: 26, ia_jitter: 480, ...block }],
    }),
    ...more,
  })
const insertReport = (message: TracedMessage) =>
  insertSegments(database.sql, [{ callId: mediaIdOf(message), messages: [message] }])

test('readCall finds a report that names no call by the media address of the SDP', async () => {
  await insertSegments(database.sql, [{ callId: 'talk', messages: talk('talk', 'opus/48000/2') }])
  await insertReport(rtcp())
  // Behind a NAT only one address is the one that was described.
  await insertReport(rtcp({ src: '192.0.2.9', dst: '10.1.0.1', ports: [31_000, 4001] }))
  const call = await open('talk')
  const reports = call!.messages.filter(({ protocol }) => protocol === 5)
  expect(reports.map(({ callId, linkedBy }) => [callId, linkedBy])).toEqual([
    ['talk', 'media address 10.1.0.1:4001'],
    ['talk', 'media address 10.1.0.1:4001'],
  ])
  // 480 ticks of the 48 kHz that were agreed on, not of 8.
  expect(reports[0]!.report).toMatchObject({
    ...{ kind: 'rtcp', title: 'receiver report', text: 'loss 10.2 %, jitter 10 ms, MOS 3.4' },
    streams: [{ ssrc: 9, jitterMs: 10, codec: 'opus/48000/2', mosFrom: 'computed' }],
  })
  expect(call!.summary.mos).toBeWithin(3, 3.6)
  expect(call!.legs).toHaveLength(1)
  const exported = await store.readTrace(['talk'], signal)
  expect(exported.filter(({ protocolType }) => protocolType === 5)).toHaveLength(2)
})

test('readCall takes no report of another time, another address or another call', async () => {
  await insertSegments(database.sql, [{ callId: 'talk', messages: talk('talk') }])
  await insertReport(rtcp({ atUs: 200 * SECOND_US }))
  await insertReport(rtcp({ ports: [4003, 5003] }))
  await insertReport(rtcp({ atUs: -10 * SECOND_US }))
  const call = await open('talk')
  expect(call!.messages.every(({ protocol }) => protocol === 1)).toBe(true)
  expect(call!.summary.mos).toBeNull()
  // Where they are filed they can be looked at all the same.
  expect((await searchPage(database.sql, { q: 'protocol:5' })).calls).toHaveLength(3)
})

test('readCall finds reports in every hour of a long call', async () => {
  const [first, ...others] = talk('long')
  const bye = traced({ start: 'BYE', callId: 'long', atUs: 2.5 * 3_600 * SECOND_US })
  await insertSegments(database.sql, [
    { callId: 'long', messages: [first!, ...others.slice(0, 2), bye] },
  ])
  for (const hours of [0.1, 1.2, 2.4]) await insertReport(rtcp({ atUs: hours * 3_600 * SECOND_US }))
  const call = await open('long')
  expect(call!.messages.filter(({ linkedBy }) => linkedBy !== undefined)).toHaveLength(3)
})

test('readCall shows logs, DNS and ISUP that name the call as reports', async () => {
  const other = (protocolType: number, start: string) =>
    traced({ protocolType, start, correlationId: 'talk', atUs: SECOND_US })
  const messages = [
    other(100, '<131>route failed'),
    other(53, '{"qr":false,"questions":[{"name":"b.example","type":33}]}'),
    other(54, '{"msg_name":"IAM","cic":1,"opc":2,"dpc":3,"called_number":{"num":"4989"}}'),
  ]
  await insertSegments(database.sql, [
    { callId: 'talk', messages: talk('talk') },
    ...messages.map((message) => ({ callId: 'talk', messages: [message] })),
  ])
  const reports = (await open('talk'))!.messages.flatMap(({ report }) => report ?? [])
  expect(new Map(reports.map(({ kind, title, text }) => [kind, `${title}: ${text}`]))).toEqual(
    new Map([
      ['log', 'error: route failed'],
      ['dns', 'query: SRV b.example'],
      ['isup', 'IAM: IAM 4989'],
    ]),
  )
})

test("the list and mos: know what a phone's PUBLISH says of the call it names", async () => {
  await insertSegments(database.sql, [{ callId: 'talk', messages: talk('talk') }])
  await database.sql`insert into call_quality values ('talk', now(), 288)`
  const found = await searchPage(database.sql, { q: 'mos:<3' })
  expect(found.calls.map(({ callId, mos }) => [callId, mos])).toEqual([['talk', 2.88]])
  expect((await searchPage(database.sql, { q: 'mos:>3' })).calls).toEqual([])
  expect((await open('talk'))!.summary.mos).toBe(2.88)
})
