// Real peers: SIPp phones call each other through a real Kamailio whose siptrace module mirrors
// everything to `calliope up`; hep-js is a second HEP client. What happened is known, so what Calliope
// says of it can be held against it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import hepJs from 'hep-js'
import type { CallDetail, Source } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { expectFindable, expectReadableByOthers } from './peers/expect-call.ts'
import { Scene } from './peers/scene.ts'
import { ask, type Program, startProgram, temporaryDirectory, until } from './program.ts'
import { SEND } from './senders.ts'

const missing = ['kamailio', 'sipp'].filter((name) => Bun.which(name) === null)
if (missing.length > 0)
  console.warn(
    `\nNOT TESTED: calls through real peers, because ${missing.join(' and ')} cannot be found. On Debian, as root: apt-get install kamailio sip-tester\n`,
  )

let program: Program
let directory: ReturnType<typeof temporaryDirectory>
let database: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  database = await testDatabase()
  directory = temporaryDirectory()
  const place = ['--database', database.url, '--data-dir', directory.path]
  program = await startProgram([...place, '--store-batch-wait', '100ms'])
})
afterAll(async () => {
  await program.stop()
  await database[Symbol.asyncDispose]()
  directory[Symbol.dispose]()
})

const CALL = [
  'caller > proxy INVITE',
  'proxy > caller 100',
  'proxy > callee INVITE',
  'callee > proxy 180 Ringing',
  'proxy > caller 180 Ringing',
  'callee > proxy 200 OK',
  'proxy > caller 200 OK',
  'caller > proxy ACK',
  'proxy > callee ACK',
  'caller > proxy BYE',
  'proxy > callee BYE',
  'callee > proxy 200 OK',
  'proxy > caller 200 OK',
]
/** The 100 and what passes it on its way to the callee are sent by two processes of Kamailio. */
const settled = (arrows: readonly string[]) => [arrows.slice(0, 5).sort(), arrows.slice(5)]

describe.skipIf(missing.length > 0)('calls through a real Kamailio', () => {
  test('a call is one call: completed, its times, its ladder of 13 messages', async () => {
    const scene = new Scene(program, directory.path)
    {
      await using _proxy = await scene.kamailio()
      await using _callee = scene.answering('uas')
      await scene.call('uac')
      await scene.found(13)
    }
    const { row, detail } = await scene.found(13)
    expect(row).toMatchObject({
      ...{ from: 'alice', to: '+49891234567', method: 'INVITE' },
      ...{ status: 200, outcome: 'completed', messageCount: 13, userAgent: 'SIPp test' },
      ...{ srcIp: scene.caller, dstIp: scene.proxy },
    })
    // The callee rings at once, answers after 200 ms; the caller talks for 300 ms.
    expect(row.setupMs!).toBeWithin(0, 200)
    expect(row.durationMs!).toBeWithin(290, 1000)
    expect(detail.verdict).toMatch(
      /^completed: answered after \d+ ms, \d+ ms long, ended by the caller/,
    )
    expect(detail.legs).toHaveLength(1)
    expect(detail.ladder.columns.map(({ ip }) => ip)).toEqual([
      ...[scene.caller, scene.proxy, scene.callee],
    ])
    expect(settled(scene.ladder(detail))).toEqual(settled(CALL))
    expect(
      detail.ladder.arrows.filter(({ sdp }) => sdp !== null).map(({ label }) => label),
    ).toEqual(['INVITE', 'INVITE', '200 OK', '200 OK'])
    await expectReadableByOthers(program, row.callId, directory.path)
    await expectFindable(program, row)
  })

  test('a second Kamailio on the way gives taps, not more arrows', async () => {
    const scene = new Scene(program, directory.path)
    {
      const second = `${scene.secondProxy}:5060`
      await using _first = await scene.kamailio({ uas: second, captureId: 11 })
      await using _second = await scene.kamailio({ sip: second, captureId: 22 })
      await using _callee = scene.answering('uas')
      await scene.call('uac')
      await scene.found(14 + 13)
    }
    // The first has one message more, the 100 of the second. The 7 between them both mirror.
    const { row, detail } = await scene.found(14 + 13)
    expect(row.outcome).toBe('completed')
    expect(detail.ladder.columns.map(({ ip }) => ip)).toEqual([
      ...[scene.caller, scene.proxy, scene.secondProxy, scene.callee],
    ])
    expect(scene.ladder(detail)).toHaveLength(20)
    const seenBy = (ids: string) =>
      detail.messages.filter(
        ({ taps }) =>
          taps
            .map(({ captureId }) => captureId)
            .sort()
            .join() === ids,
      ).length
    expect([seenBy('11'), seenBy('11,22'), seenBy('22')]).toEqual([7, 7, 6])
    expect(detail.ladder.arrows.every(({ repeatOf }) => repeatOf === null)).toBe(true)
  })

  test('a call to nobody failed with 404', async () => {
    const scene = new Scene(program, directory.path)
    {
      await using _proxy = await scene.kamailio()
      await scene.call('uac-not-found', 'nobody')
      await scene.found(3)
    }
    const { row, detail } = await scene.found(3)
    expect(row).toMatchObject({ status: 404, outcome: 'failed', durationMs: null })
    expect(detail.verdict).toContain(`failed: 404 Not Found from ${scene.proxy}`)
    expect(scene.ladder(detail)).toEqual([
      ...['caller > proxy INVITE', 'proxy > caller 404 Not Found', 'caller > proxy ACK'],
    ])
  })

  test('a caller who gives up cancelled, whatever crosses on the way', async () => {
    const scene = new Scene(program, directory.path)
    {
      await using _proxy = await scene.kamailio()
      await using _callee = scene.answering('uas-cancel')
      await scene.call('uac-cancel', 'bob')
      await scene.found(13)
    }
    const { row, detail } = await scene.found(13)
    expect(row).toMatchObject({ status: 487, outcome: 'cancelled', to: 'bob' })
    expect(detail.verdict).toMatch(/^cancelled by the caller after 1\d\d ms of ringing/)
    const arrows = scene.ladder(detail)
    for (const hop of ['caller', 'callee'])
      expect(arrows.filter((arrow) => arrow.includes(hop) && !/ 100$/.test(arrow))).toEqual([
        ...(hop === 'caller'
          ? ['caller > proxy INVITE', 'proxy > caller 180 Ringing', 'caller > proxy CANCEL']
          : ['proxy > callee INVITE', 'callee > proxy 180 Ringing', 'proxy > callee CANCEL']),
        ...(hop === 'caller'
          ? ['proxy > caller 200 canceling', 'proxy > caller 487 Request Terminated']
          : ['callee > proxy 200 OK', 'callee > proxy 487 Request Terminated']),
        hop === 'caller' ? 'caller > proxy ACK' : 'proxy > callee ACK',
      ])
  })

  test('a registration that was challenged is registered, in the order it went', async () => {
    const scene = new Scene(program, directory.path)
    {
      await using _proxy = await scene.kamailio()
      await scene.call('register')
      await scene.found(4)
    }
    const { row, detail } = await scene.found(4)
    expect(row).toMatchObject({
      ...{ method: 'REGISTER', status: 200, outcome: 'registered', from: 'carol' },
    })
    expect(detail.verdict).toBe('registered after one challenge')
    expect(scene.ladder(detail)).toEqual([
      ...['caller > proxy REGISTER', 'proxy > caller 401 Unauthorized'],
      ...['caller > proxy REGISTER', 'proxy > caller 200 OK'],
    ])
  })

  test.each([
    ['version 3 over TCP', { hepVersion: 3 }, 'tcp'],
    ['version 2', { hepVersion: 2 }, 'udp'],
    ['version 1', { hepVersion: 1 }, 'udp'],
  ] as const)(
    'a call mirrored as HEP %s is the same call',
    async (_, { hepVersion }, transport) => {
      const scene = new Scene(program, directory.path)
      {
        const hep =
          transport === 'tcp' ? { hep: `127.0.0.1:${program.tcp.port};transport=tcp` } : {}
        await using _proxy = await scene.kamailio({
          hepVersion,
          captureId: 70 + hepVersion,
          ...hep,
        })
        await using _callee = scene.answering('uas')
        await scene.call('uac')
        await scene.found(13)
      }
      const { row, detail } = await scene.found(13)
      expect(row).toMatchObject({ outcome: 'completed', messageCount: 13 })
      expect([...scene.ladder(detail)].sort()).toEqual([...CALL].sort())
      // Version 1 names no agent and no time, so ours is shown and said to be ours.
      const taps = detail.messages.flatMap((message) => message.taps)
      expect(new Set(taps.map(({ captureId }) => captureId))).toEqual(
        new Set([hepVersion === 1 ? 0 : 70 + hepVersion]),
      )
      expect(taps.every(({ clockClamped }) => clockClamped === (hepVersion === 1))).toBe(true)
      const { sources } = await ask<{ sources: Source[] }>(program, '/api/v1/sources')
      const captureId = hepVersion === 1 ? 0 : 70 + hepVersion
      expect(sources.find((source) => source.captureId === captureId)).toMatchObject({
        ...{ hepVersion, transport, packets: 13 },
      })
    },
  )
})

test('hep-js, another HEP client: its SIP, RTCP report and log line are one call', async () => {
  const callId = `${crypto.randomUUID()}@hep-js.test`
  const sip = [
    'INVITE sip:bob@example.test SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKhepjs',
    'From: "Ann" <sip:ann@example.test>;tag=1',
    'To: <sip:bob@example.test>',
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
    'Content-Length: 0\r\n\r\n',
  ].join('\r\n')
  const report = JSON.stringify({
    ...{ type: 200, ssrc: 1, sender_information: { packets: 100, octets: 16_000 } },
    report_blocks: [{ source_ssrc: 2, fraction_lost: 5, packets_lost: 3, ia_jitter: 12 }],
  })
  const seconds = Math.floor(Date.now() / 1000)
  const frame = (payload: string, payloadType: number, timeUseconds: number) =>
    hepJs.encapsulate(payload, {
      ...{ protocolFamily: 2, protocol: 17, payloadType, captureId: 2001, capturePass: '' },
      ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060 },
      ...{ timeSeconds: seconds, timeUseconds, correlation_id: callId },
    })
  await SEND.udp(program, [frame(sip, 1, 0), frame(report, 5, 1), frame('user busy', 100, 2)])
  const path = `/api/v1/calls/${encodeURIComponent(callId)}`
  const detail = await until(
    () => ask<CallDetail>(program, path),
    ({ messages }) => messages.length === 3,
  )
  expect(detail.messages.map(({ label, protocol, raw }) => [label, protocol, raw])).toEqual([
    ['INVITE', 1, sip],
    [expect.stringContaining('RTCP') as never, 5, report],
    ['log', 100, 'user busy'],
  ])
  expect(detail.summary).toMatchObject({ from: 'ann', protocol: 1, messageCount: 3 })
})
