// A packet for tests of this room, and where in the spool it stands.
import type { HepPacket } from '#hep'
import { decodeHep, encodeHep } from '#hep'
import { type Filter, openFilter } from './filter.ts'
import type { FilterOptions } from './filter-options.ts'
import type { Filtered, FramePlace, Passed } from './filtered.ts'

export const AT_US = 1_795_000_000_123_456

export const invite = (more = ''): string =>
  [
    'INVITE sip:bob@b.example SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
    'From: "Alice" <sip:alice@a.example>;tag=f1',
    'To: <sip:bob@b.example>',
    'Call-ID: c1@a.example',
    'CSeq: 1 INVITE',
    'Contact: <sip:alice@10.0.0.1:5060>',
    `User-Agent: phone\r\n${more}Content-Length: 8`,
    '',
    'v=0\r\nbody',
  ].join('\r\n')

export const OPTIONS = invite().replaceAll('INVITE', 'OPTIONS')

/** As an agent sends it. */
export function packetOf(payload: string | Buffer = invite(), more: object = {}): HepPacket {
  const ends = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5062 }
  const frame = { ...ends, atUs: AT_US, captureId: 2001, payload: Buffer.from(payload), ...more }
  const packet = decodeHep(encodeHep(frame))
  if (packet.kind === 'malformed') throw new Error(packet.detail)
  return packet
}

export const place = (number = 1, lane = 'udp-0'): FramePlace => ({
  ...{ lane, number, receivedUs: AT_US },
})

/** What a fresh filter makes of a packet. */
export async function filtered(options: FilterOptions, packet = packetOf()): Promise<Filtered> {
  using filter: Filter = await openFilter(options)
  return filter.apply(packet, place())
}

export function passed(answer: Filtered): Passed {
  if (answer.kind === 'passed') return answer
  throw new Error(answer.detail)
}
