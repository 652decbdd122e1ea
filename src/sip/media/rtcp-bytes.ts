// RTCP as it is on the wire: a compound of packets, each of them
//
//   [2 bits version 2, padding, 5 bits count][u8 type][u16 length in words, less one][u32 SSRC] …
//
//   200 SR     NTP time, RTP time, packets, octets, then blocks of 24 bytes     RFC 3550 §6.4
//   201 RR     blocks
//   207 XR     blocks [u8 type][…][u16 words]; type 7 are VoIP metrics          RFC 3611 §4.7
//   others     only their type counts: 202 SDES, 203 BYE, 204 APP, 205, 206 feedback
//
// A packet cut short ends the reading; what came before it holds.
import type { RtcpBlock, RtcpReport, RtcpXr } from './report.ts'
import { roundTripMs, xrMos, xrRating } from './rtcp-units.ts'

/** A report without what follows from it. */
export type RtcpFields = Omit<RtcpReport, 'kind' | 'streams' | 'callId'>

const SR = 200
const RR = 201
const XR = 207
const PACKETS_MAX = 32
const BLOCK_BYTES = 24
const VOIP_METRICS = 7
const VOIP_WORDS = 8

/** Reads a compound packet; undefined when the payload is none. */
export function readRtcpBytes(payload: Buffer, atUs: number): RtcpFields | undefined {
  if (!isRtcp(payload, 0)) return undefined
  const draft: { -readonly [Key in keyof RtcpFields]: RtcpFields[Key] } = {
    type: payload[1]!,
    ssrc: payload.readUInt32BE(4),
    ...{ packetsSent: undefined, octetsSent: undefined, blocks: [], xr: undefined },
  }
  let at = 0
  for (let count = 0; count < PACKETS_MAX && isRtcp(payload, at); count += 1) {
    const end = at + (payload.readUInt16BE(at + 2) + 1) * 4
    if (end > payload.length) break
    const type = payload[at + 1]!
    const packet = payload.subarray(at, end)
    if (type === SR && packet.length >= 28) {
      draft.packetsSent = packet.readUInt32BE(20)
      draft.octetsSent = packet.readUInt32BE(24)
      draft.blocks = readBlocks(packet, 28, atUs)
    } else if (type === RR) draft.blocks = readBlocks(packet, 8, atUs)
    else if (type === XR) draft.xr = readVoipMetrics(packet) ?? draft.xr
    at = end
  }
  return draft
}

function isRtcp(payload: Buffer, at: number): boolean {
  const type = payload[at + 1] ?? 0
  return payload.length >= at + 8 && payload[at]! >> 6 === 2 && type >= SR && type <= XR
}

function readBlocks(packet: Buffer, from: number, atUs: number): RtcpBlock[] {
  const count = packet[0]! & 31
  const blocks: RtcpBlock[] = []
  for (let at = from; blocks.length < count && at + BLOCK_BYTES <= packet.length; ) {
    const [lsr, dlsr] = [packet.readUInt32BE(at + 16), packet.readUInt32BE(at + 20)]
    blocks.push({
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet[at + 4]! / 256,
      packetsLost: packet.readIntBE(at + 5, 3),
      jitter: packet.readUInt32BE(at + 12),
      ...{ lsr, dlsr, roundTripMs: roundTripMs(lsr, dlsr, atUs) },
    })
    at += BLOCK_BYTES
  }
  return blocks
}

function readVoipMetrics(packet: Buffer): RtcpXr | undefined {
  for (let at = 8; at + 4 <= packet.length; ) {
    const words = packet.readUInt16BE(at + 2)
    const isWhole = words >= VOIP_WORDS && at + 4 + VOIP_WORDS * 4 <= packet.length
    if (packet[at] === VOIP_METRICS && isWhole) return voipMetrics(packet.subarray(at + 4))
    at += 4 + words * 4
  }
  return undefined
}

const voipMetrics = (block: Buffer): RtcpXr => ({
  ssrc: block.readUInt32BE(0),
  fractionLost: block[4],
  fractionDiscard: block[5],
  burstDensity: block[6],
  gapDensity: block[7],
  burstDuration: block.readUInt16BE(8),
  gapDuration: block.readUInt16BE(10),
  roundTripDelay: block.readUInt16BE(12),
  endSystemDelay: block.readUInt16BE(14),
  rating: xrRating(block[20]),
  mosLq: xrMos(block[22]),
  mosCq: xrMos(block[23]),
})
