// Packets of our own, one for each rule of the homer7 layout, so that a row can be laid beside the row
// heplify-server writes. Each is told by its source port: 20000 and its place in the list.
import { encodeHep, type HepPacketFields } from '#hep'
import type { Fault } from './faults.ts'
import { SIP_VECTORS, sipText } from './sip-vectors.ts'

export interface Vector extends Partial<HepPacketFields> {
  readonly name: string
  readonly payload: Buffer
  /** What heplify-server 1.60.3 does with it that the homer7 layout of Calliope does not. */
  readonly fault?: Fault
  /** The agent gave no time: the row has that of its arrival. */
  readonly isTimeless?: boolean
  readonly compress?: 'gzip'
}

export const VECTOR_PORT = 20_000
const FIRST = SIP_VECTORS[0]!.name

const sip = (name: string, rest: Omit<Vector, 'name' | 'payload'> = {}): Vector => ({
  name,
  payload: Buffer.from(sipText(name)),
  ...rest,
})
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

const FRAME_RULES: readonly Vector[] = [
  sip('node-name', { captureNode: 'sbc-1', captureId: 7 }),
  sip('node-id', { captureId: 4_294_967_295 }),
  sip('password', { authKey: 'myHep', fault: 'password kept' }),
  sip('correlated', { correlationId: 'other@proof.test' }),
  sip('correlated-with-quotes', { correlationId: 'a"b\\c\n' }),
  sip('over-tcp', { ipProtocol: 6 }),
  sip('over-sctp', { ipProtocol: 132 }),
  sip('ipv6', { srcIp: '2001:db8::1', dstIp: '2001:db8:0:0:1::2' }),
  sip('vlan', { vlan: 100 }),
  { name: 'the-first-again', payload: SIP_VECTORS[0]!.payload },
  sip('no-time', { atUs: 0, isTimeless: true }),
  {
    name: 'nul-and-bad-utf-8',
    payload: Buffer.concat([
      Buffer.from(
        sipText('nul-and-bad-utf-8', { headers: { 'Content-Type': 'application/isup' } }),
      ),
      Buffer.from([
        0, 1, 0xff, 0xfe, 0x41, 0, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x8e, 0xb5,
      ]),
    ]),
  },
]

const ISUP = {
  ...{ cic: 12, dpc: 2009, opc: 1804, msg_name: 'IAM' },
  called_number: { num: '4989200', npi: 1 },
  calling_number: { num: '4989100' },
}

const PROTOCOL_RULES: readonly Vector[] = [
  { name: 'rtcp', protocolType: 5, correlationId: 'rtcp@x', payload: json({ type: 200, ssrc: 1 }) },
  {
    name: 'rtpagent',
    protocolType: 34,
    correlationId: 'r34@x',
    payload: json({ TYPE: 'PERIODIC' }),
  },
  {
    name: 'rtcpxr',
    protocolType: 35,
    correlationId: 'r35@x',
    payload: Buffer.from('VQSessionReport\r\n'),
  },
  {
    name: 'horaclifix',
    protocolType: 38,
    correlationId: 'r38@x',
    payload: json({ SRC_IP: '192.0.2.1' }),
  },
  { name: 'isup', protocolType: 54, payload: json(ISUP) },
  { name: 'isup-other-way', protocolType: 54, payload: json({ ...ISUP, dpc: 1804, opc: 2009 }) },
  { name: 'isup-same-codes', protocolType: 54, payload: json({ ...ISUP, opc: 2009 }) },
  { name: 'isup-of-little', protocolType: 54, payload: json({ cic: 1 }) },
  { name: 'log', protocolType: 100, correlationId: 'log@x', payload: Buffer.from('line "one"\n') },
  {
    name: 'log-of-node',
    protocolType: 100,
    correlationId: 'n@x',
    captureNode: 'n1',
    payload: Buffer.from('x'),
  },
  { name: 'type-2', protocolType: 2, correlationId: 'xmpp@x', payload: Buffer.from('<a/>') },
  { name: 'type-200', protocolType: 200, correlationId: 'loss@x', payload: json({ a: 1 }) },
]

// What homer-app gathers around the call of the first vector.
const OF_ONE_CALL: readonly Vector[] = [
  sip('invite_b2b-1'),
  sip('its-other-leg', { correlationId: `${FIRST}@proof.test` }),
  ...[5, 34, 35, 100].map((protocolType) => ({
    name: `type-${protocolType}-of-a-call`,
    protocolType,
    correlationId: `${FIRST}@proof.test`,
    payload: json({ of: FIRST, type: 200, report_blocks: [{ fraction_lost: 2, ia_jitter: 7 }] }),
  })),
]

const FAULTS: readonly Vector[] = [
  {
    ...{ name: 'rtpagent-without-json', protocolType: 34, correlationId: 'r34@y' },
    ...{ payload: Buffer.from('no "JSON"'), fault: 'forced payload is no JSON' as const },
  },
  sip('node-name-with-quote', { captureNode: 'sbc"1', fault: 'node name not escaped' }),
  sip('password-with-quote', { authKey: 'a"b', fault: 'node name not escaped' }),
  sip('years-ago', { atUs: 1e15, fault: 'no partition' }),
  sip('years-ahead', { atUs: 4e15, fault: 'no partition' }),
  sip('compressed', { compress: 'gzip', fault: 'compressed payload' }),
  sip('vendor-chunk', {
    extras: [{ vendor: 3, type: 17, body: Buffer.from('vendor@x') }],
    fault: "a vendor's chunk taken for a generic one",
  }),
  sip('version-1', { version: 1, isTimeless: true, fault: 'HEP 1 as family' }),
  sip('version-2', { version: 2, captureId: 77, fault: 'HEP 2 misread' }),
  {
    name: 'dns',
    protocolType: 53,
    correlationId: 'dns@x',
    payload: json({ q: 'a' }),
    fault: 'no table for DNS',
  },
  { name: 'rtcp-alone', protocolType: 5, payload: json({ type: 200 }), fault: 'no correlation id' },
  {
    name: 'log-alone',
    protocolType: 100,
    payload: Buffer.from('alone'),
    fault: 'no correlation id',
  },
  {
    ...{ name: 'isup-quotes', protocolType: 54, fault: 'ISUP not escaped' as const },
    payload: json({ ...ISUP, msg_name: 'I"AM' }),
  },
]

/** Every vector, in the order of their ports. */
export const VECTORS: readonly Vector[] = [
  ...SIP_VECTORS,
  ...FRAME_RULES,
  ...PROTOCOL_RULES,
  ...OF_ONE_CALL,
  ...FAULTS,
]

/** The vectors as frames, a millisecond apart and none of them on a whole one. */
export function vectorFrames(startUs: number): Buffer[] {
  return VECTORS.map(({ name: _, fault: __, isTimeless: ___, compress, ...fields }, place) =>
    encodeHep(
      {
        ...{ srcIp: '192.0.2.1', dstIp: '192.0.2.2', dstPort: 5060 },
        ...{ srcPort: VECTOR_PORT + place, atUs: startUs + place * 1003 },
        ...fields,
      },
      compress === undefined ? {} : { compress },
    ),
  )
}
