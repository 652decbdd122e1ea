import { expect, test } from 'bun:test'
import { encodeHep, type HepPacketFields } from '#hep'
import { segmentsIn, writerRig } from './test-rig.ts'
import { callFrames } from './test-spool.ts'

const AT_US = Math.floor(Date.now() / 1000) * 1_000_000

const sdp = (ip: string, port: number) =>
  `\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 ${ip}\r\nm=audio ${port} RTP/AVP 8\r\n`

/** INVITE with a description of 10.1.0.1:4000, 200 with one of 10.1.0.2:5000. */
function describedCall(callId: string): Buffer[] {
  const sip = (first: string, body: string, hep: Partial<HepPacketFields>) =>
    encodeHep({
      ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060, atUs: AT_US },
      payload: Buffer.from(`${first}\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE${body}`),
      ...hep,
    })
  return [
    sip('INVITE sip:b@b SIP/2.0', sdp('10.1.0.1', 4000), {}),
    sip('SIP/2.0 200 OK', sdp('10.1.0.2', 5000), { atUs: AT_US + 1000 }),
  ]
}

const report = (more: Partial<HepPacketFields> = {}, loss = 26) =>
  encodeHep({
    ...{ srcIp: '10.1.0.2', dstIp: '198.51.100.1', srcPort: 5001, dstPort: 4001 },
    ...{ protocolType: 5, atUs: AT_US + 5_000_000 },
    payload: Buffer.from(
      `{"ssrc":1,"type":201,"report_blocks":[{"source_ssrc":2,"fraction_lost":${loss}}]}`,
    ),
    ...more,
  })

test('a report without an id is stored with the call whose SDP named its address', async () => {
  await using rig = await writerRig()
  // The first such report wakes the memory of descriptions, and stands for itself.
  rig.spool.append([report({ srcPort: 9, dstPort: 10 }), ...describedCall('talk'), report()])
  await rig.store()
  const rows = await segmentsIn(rig.database.sql)
  const hour = `${new Date(AT_US / 1000).toISOString().slice(0, 13)}Z`
  expect(rows.map(({ call_id, protocol, mos }) => [call_id, protocol, mos])).toEqual([
    [`media 10.1.0.2:9 198.51.100.1:10 ${hour}`, 5, 340],
    ['talk', 1, null],
    ['talk', 5, 340],
  ])
  const keys = await rig.database.sql`select key from correlation_keys order by key`
  expect(keys.map(({ key }: { key: string }) => key)).toEqual([
    `media:10.1.0.2:9@${hour}`,
    `media:198.51.100.1:10@${hour}`,
  ])
})

test('what names its call itself is stored with it, chunk 17 before all', async () => {
  await using rig = await writerRig()
  const other = (protocolType: number, payload: string, correlationId = '') =>
    report({ protocolType, payload: Buffer.from(payload), correlationId })
  rig.spool.append([
    other(34, '{"RTP_SIP_CALL_ID":"abc@x","MOS":3.1}'),
    other(35, 'VQSessionReport\nCallID:abc@x\nQualityEst:MOSLQ=2.5'),
    other(38, '{"INC_ID":"abc@x","OUT_ID":"b@x","OUT_MOS":310}'),
    other(54, '{"cic":7,"opc":20,"dpc":10,"msg_name":"IAM"}'),
    other(100, 'error: Call-ID: abc@x has no route'),
    other(100, 'Call-ID: abc@x', 'c@x'),
    other(53, '{"qr":false,"questions":[]}'),
  ])
  await rig.store()
  const rows = await segmentsIn(rig.database.sql)
  expect(new Set(rows.map(({ call_id, protocol }) => `${protocol} ${call_id}`))).toEqual(
    new Set(['34 abc@x', '35 abc@x', '38 abc@x', '54 10:20:7', '100 abc@x', '100 c@x', '53 ']),
  )
  // The other side of the border controller is another call.
  const [other38] = await rig.database.sql`select call_id, mos from call_quality`
  expect(other38).toEqual({ call_id: 'b@x', mos: 310 })
})

test("a phone's PUBLISH counts for the call it names, once and at its worst", async () => {
  await using rig = await writerRig()
  const publish = (id: string, mos: number) => {
    const head = `PUBLISH sip:c SIP/2.0\r\nCall-ID: ${id}\r\nCSeq: 1 PUBLISH\r\n\r\n`
    const body = `VQSessionReport: CallTerm\r\nCallID: talk\r\nQualityEst: MOSLQ=${mos}\r\n`
    return report({ protocolType: 1, payload: Buffer.from(head + body) })
  }
  rig.spool.append([
    ...callFrames('talk'),
    publish('p1', 3.9),
    publish('p1', 3.9),
    publish('p2', 4.1),
  ])
  await rig.store()
  rig.spool.append([publish('p3', 4.2)])
  await rig.store()
  const { sql } = rig.database
  expect([...(await sql`select call_id, mos from call_quality`)]).toEqual([
    { call_id: 'talk', mos: 390 },
  ])
  const keys = await sql`select key, call_id from correlation_keys order by call_id`
  expect([...keys]).toEqual(['p1', 'p2', 'p3'].map((call_id) => ({ key: 'callid:talk', call_id })))
})
