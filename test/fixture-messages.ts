// The messages of the fixture, decoded as the store does, and times as the API writes them.
import { decodeHep } from '#hep'
import { parseSip, type TracedMessage } from '#sip'
import { readFixture } from './fixtures/pcap.ts'

/** Every message of the fixture, with made-up times where HEPv1 has none. */
export const fixtureMessages = (): TracedMessage[] =>
  readFixture().flatMap(({ hep }, i) => {
    const packet = decodeHep(hep)
    if (packet.kind === 'malformed') throw new Error(packet.detail)
    const sip = packet.protocolType === 1 ? parseSip(packet.payload) : undefined
    const receivedUs = 1_795_000_000_000_000 + i * 1000
    const { srcIp, srcPort, dstIp, dstPort, ipProtocol, protocolType } = packet
    const { captureId, captureNode, correlationId, payload } = packet
    return {
      ...{ srcIp, srcPort, dstIp, dstPort, ipProtocol, protocolType },
      ...{ captureId, captureNode, correlationId, payload, receivedUs },
      atUs: packet.atUs || receivedUs,
      clockClamped: packet.atUs === 0,
      sip: sip?.kind === 'malformed' ? undefined : sip,
    }
  })

export function isoTime(us: number): string {
  const seconds = Math.floor(us / 1e6)
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`
}
