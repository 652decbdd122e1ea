// Frames as agents send them: one request, and calls of every kind.
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'

export const MINUTE_US = 60e6
export const nowUs = () => Date.now() * 1000

/** Calls of every kind that began within the last quarter of an hour, by the agents' clocks. */
export function traffic(starts: number, seed = 1): Buffer[] {
  const startUs = nowUs() - 15 * MINUTE_US
  return [...generateTraffic({ seed, starts, startsPerSecond: 0.5, startUs })].map(({ packet }) =>
    encodeHep(packet),
  )
}

const ENDS = { srcIp: '192.0.2.1', dstIp: '192.0.2.2', srcPort: 5060, dstPort: 5060 }

/** One request, as an agent mirrors it. */
export const request = (
  callId: string,
  { method = 'INVITE', user = 'ann', atUs = nowUs() } = {},
): Buffer =>
  encodeHep({
    ...ENDS,
    atUs,
    payload: Buffer.from(
      [
        `${method} sip:bob@example.test SIP/2.0`,
        'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKcontract',
        `From: <sip:${user}@example.test>;tag=1`,
        'To: <sip:bob@example.test>',
        `Call-ID: ${callId}`,
        `CSeq: 1 ${method}`,
        '\r\n',
      ].join('\r\n'),
    ),
  })
