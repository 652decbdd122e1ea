// Every SIP payload of the fixture: what real Kamailios, SIPp and registrars put on the wire. The
// counts were made by others (tshark's sip,stat over sngrep's output, and the fixture's own notes).
import { expect, test } from 'bun:test'
import { readFixture } from '../../test/fixtures/pcap.ts'
import {
  callStateOf,
  foldTaps,
  headerValue,
  layOutLadder,
  outcomeOf,
  parseSip,
  readHeaders,
  renderLadder,
  type TracedMessage,
  verdictOf,
} from './index.ts'

/** Just enough HEP for this file, written apart from the room that is made for it. */
function toTraced(hep: Buffer, index: number): TracedMessage {
  const chunks = new Map<number, Buffer>()
  if (hep[0] === 0x48) {
    for (let at = 6; at < hep.length; at += hep.readUInt16BE(at + 4)) {
      chunks.set(hep.readUInt16BE(at + 2), hep.subarray(at + 6, at + hep.readUInt16BE(at + 4)))
    }
  } else {
    chunks.set(3, hep.subarray(8, 12))
    chunks.set(4, hep.subarray(12, 16))
    chunks.set(7, hep.subarray(4, 6))
    chunks.set(8, hep.subarray(6, 8))
    chunks.set(11, Buffer.from([1]))
    chunks.set(15, hep.subarray(hep[0] === 1 ? 16 : 28))
  }
  const number = (type: number) => Number.parseInt(chunks.get(type)?.toString('hex') ?? '0', 16)
  const ip = (v4: number, v6: number) =>
    chunks.get(v4)?.join('.') ?? chunks.get(v6)?.toString('hex') ?? ''
  const payload = chunks.get(15)!
  const sip = number(11) === 1 ? parseSip(payload) : undefined
  return {
    atUs: number(9) * 1e6 + number(10),
    receivedUs: index,
    clockClamped: false,
    srcIp: ip(3, 5),
    srcPort: number(7),
    dstIp: ip(4, 6),
    dstPort: number(8),
    ipProtocol: 17,
    protocolType: number(11),
    captureId: number(12),
    captureNode: '',
    correlationId: chunks.get(17)?.toString() ?? '',
    payload,
    sip: sip?.kind === 'malformed' ? undefined : sip,
  }
}

const packets = readFixture().map(({ hep }) => hep)
const traced = packets.map(toTraced)
const v3 = traced.filter((_, i) => packets[i]![0] === 0x48)

function count(messages: readonly TracedMessage[], label: string): number {
  return messages.filter(
    ({ sip }) => sip && (sip.kind === 'request' ? sip.method : `${sip.status}`) === label,
  ).length
}

test('parseSip reads all 966 SIP messages of the fixture, v1 and v2 payloads too', () => {
  expect(traced.filter(({ protocolType }) => protocolType === 1)).toHaveLength(966)
  expect(traced.filter(({ sip }) => sip !== undefined)).toHaveLength(966)
  expect(['REGISTER', 'INVITE', '200', '401'].map((label) => count(v3, label))).toEqual([
    102, 33, 271, 57,
  ])
})

test('parseSip agrees with readHeaders and headerValue on every message of the fixture', () => {
  for (const { payload, sip } of traced) {
    if (sip === undefined) continue
    expect(Buffer.from(headerValue(payload, 'Call-ID')!).toString()).toBe(sip.callId)
    expect(headerValue(payload, 'CSeq')).toBe(`${sip.cseq} ${sip.cseqMethod}`)
    expect(headerValue(payload, 'v')).toContain(sip.branch)
    expect(headerValue(payload, 'From')).toContain(sip.fromTag)
    expect(readHeaders(payload).length).toBeGreaterThanOrEqual(6)
    expect(sip.bodyAt).toBe(payload.indexOf('\r\n\r\n') + 4)
  }
})

test('parseSip keeps a Call-ID that is no text as bytes and reads the user beside it as UTF-8', () => {
  const odd = traced.find(({ sip }) => sip?.callId === 'bin\xff\xfe@x')
  expect(odd?.sip?.fromUser).toBe('été')
})

test('foldTaps finds what two proxies mirrored: 309 of 477 contents came twice or more', () => {
  const contents = new Map<string, number>()
  for (const { srcIp, srcPort, dstIp, dstPort, payload } of v3) {
    const key = `${srcIp}:${srcPort} ${dstIp}:${dstPort} ${payload.toString('latin1')}`
    contents.set(key, (contents.get(key) ?? 0) + 1)
  }
  const folded = foldTaps(v3)
  expect(contents.size).toBe(477)
  expect([...contents.values()].filter((times) => times > 1)).toHaveLength(309)
  expect(folded.filter(({ repeatOf }) => repeatOf === undefined)).toHaveLength(477)
  expect(folded.reduce((sum, { taps }) => sum + taps.length, 0)).toBe(800)
  // What is apart in time although the bytes are the same was really sent again.
  for (const { message, repeatOf } of folded) {
    if (repeatOf === undefined) continue
    expect(message.atUs - folded[repeatOf]!.message.atUs).toBeGreaterThan(400_000)
  }
})

test('every call of the fixture has an outcome, a ladder and a verdict', () => {
  const calls = Map.groupBy(v3, ({ sip }) => sip?.callId ?? '')
  const outcomes: Record<string, number> = {}
  for (const [callId, messages] of calls) {
    if (callId === '') continue
    const state = callStateOf(messages)
    const folded = foldTaps(messages)
    const outcome = outcomeOf(state)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    expect(renderLadder(layOutLadder(folded)).split('\n').length).toBeGreaterThan(folded.length)
    expect(verdictOf(folded, state)).not.toMatch(/undefined|NaN/)
  }
  expect(outcomes).toEqual({
    ok: 87,
    registered: 15,
    trying: 5,
    completed: 4,
    'auth-failed': 2,
    cancelled: 1,
    unanswered: 1,
  })
})
