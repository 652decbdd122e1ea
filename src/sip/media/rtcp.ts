// RTCP as agents send it in HEP type 5 and, rarely, in a type of the 200 family: JSON with the field names
// that heplify, captagent, rtpengine, Asterisk and Kamailio share, or the bytes of the packet
// (rtcp-bytes.ts). Also types 200 and 201 without any block, and XR as two agents name it.
//
//   {"sender_information":{"packets":514,"octets":82240,…},"ssrc":…,"type":200,"report_count":1,
//    "report_blocks":[{"source_ssrc":…,"fraction_lost":0,"packets_lost":0,"ia_jitter":13,"lsr":…,"dlsr":…}],
//    "report_blocks_xr":{"fraction_lost":0,"burst_density":0,…}}
//
// RTCP counts jitter in ticks of the media clock and names no codec: 8 kHz is taken, as of telephony, and
// G.711, unless the caller knows better. What is missing or absurd is left out, nothing throws.
import type { RtcpBlock, RtcpReport, RtcpXr, StreamQuality } from './report.ts'
import { type Json, listOf, numberOf, objectOf, readObject, within } from './report-json.ts'
import { type RtcpFields, readRtcpBytes } from './rtcp-bytes.ts'
import { roundTripMs, xrMos, xrRating } from './rtcp-units.ts'
import { msOfTicks, streamQuality } from './stream-quality.ts'

export const BLOCKS_MAX = 31 // five bits of the RTCP header

/**
 * Reads RTCP; undefined when it is none. The round trip needs the time the report arrived at the one who
 * sent the last sender report: `atUs`, by the agent's clock.
 */
export function readRtcp(payload: Buffer, atUs = 0, codec = ''): RtcpReport | undefined {
  const fields = readRtcpBytes(payload, atUs) ?? readRtcpJson(payload, atUs)
  if (fields === undefined) return undefined
  return { kind: 'rtcp', callId: '', ...fields, streams: streamsOf(fields, codec) }
}

function readRtcpJson(payload: Buffer, atUs: number): RtcpFields | undefined {
  const json = readObject(payload)
  if (json === undefined) return undefined
  const sender = objectOf(json.sender_information)
  const type = numberOf(json.type) ?? (sender === undefined ? 201 : 200)
  const blocks = listOf(json.report_blocks, BLOCKS_MAX)
  const isReport = 'ssrc' in json || sender !== undefined || blocks.length > 0 || 'type' in json
  if (!isReport) return undefined
  return {
    type,
    ssrc: numberOf(json.ssrc) ?? 0,
    packetsSent: numberOf(sender?.packets),
    octetsSent: numberOf(sender?.octets),
    blocks: blocks.flatMap((block) => readBlock(objectOf(block), atUs)),
    xr: readXr(objectOf(json.report_blocks_xr)) ?? readExtended(json.extended_report_information),
  }
}

function readBlock(block: Json | undefined, atUs: number): RtcpBlock[] {
  if (block === undefined) return []
  const fraction = numberOf(block.fraction_lost) ?? 0
  const [lsr, dlsr] = [numberOf(block.lsr) ?? 0, numberOf(block.dlsr) ?? 0]
  return [
    {
      ssrc: numberOf(block.source_ssrc) ?? 0,
      fractionLost: Math.min(Math.max(fraction / 256, 0), 1),
      packetsLost: numberOf(block.packets_lost) ?? 0,
      jitter: Math.max(0, numberOf(block.ia_jitter) ?? 0),
      ...{ lsr, dlsr, roundTripMs: roundTripMs(lsr, dlsr, atUs) },
    },
  ]
}

const byte = (value: unknown) => within(value, 0, 255)
const word = (value: unknown) => within(value, 0, 65_535)

/** heplify and rtpengine. */
function readXr(xr: Json | undefined): RtcpXr | undefined {
  if (xr === undefined) return undefined
  return {
    ssrc: numberOf(xr.id),
    fractionLost: byte(xr.fraction_lost),
    fractionDiscard: byte(xr.fraction_discard),
    burstDensity: byte(xr.burst_density),
    gapDensity: byte(xr.gap_density),
    burstDuration: word(xr.burst_duration),
    gapDuration: word(xr.gap_duration),
    roundTripDelay: word(xr.round_trip_delay),
    endSystemDelay: word(xr.end_system_delay),
    ...{ rating: undefined, mosLq: undefined, mosCq: undefined },
  }
}

/** captagent. */
function readExtended(value: unknown): RtcpXr | undefined {
  const xr = objectOf(value)
  if (xr === undefined) return undefined
  return {
    ssrc: numberOf(xr.identifier),
    fractionLost: byte(xr.loss_rate),
    fractionDiscard: byte(xr.discard_rate),
    burstDensity: byte(xr.burst_rate),
    gapDensity: byte(xr.gap_rate),
    burstDuration: word(xr.burst_duration),
    gapDuration: word(xr.gap_duration),
    roundTripDelay: word(xr.round_trip_delay),
    endSystemDelay: word(xr.end_sys_delay),
    rating: xrRating(numberOf(xr.R_fact)),
    mosLq: xrMos(numberOf(xr.MOS_LQ)),
    mosCq: xrMos(numberOf(xr.MOS_CQ)),
  }
}

function streamsOf({ blocks, xr }: RtcpFields, codec: string): readonly StreamQuality[] {
  const streams = blocks.filter(isMeasured).map((block) =>
    streamQuality({
      ssrc: block.ssrc,
      packetsLost: block.packetsLost,
      lossShare: block.fractionLost,
      jitterMs: msOfTicks(block.jitter, codec),
      roundTripMs: block.roundTripMs,
      codec,
    }),
  )
  return xr !== undefined && isSaid(xr) ? [...streams, xrStream(xr, codec)] : streams
}

/** One that is all zeros was filled in by somebody who knew nothing. */
function isMeasured({ ssrc, fractionLost, jitter }: RtcpBlock): boolean {
  return ssrc !== 0 || fractionLost > 0 || jitter > 0
}

function isSaid({ ssrc, ...measures }: RtcpXr): boolean {
  return Object.values(measures).some((value) => value !== undefined && value !== 0)
}

const xrStream = (xr: RtcpXr, codec: string): StreamQuality =>
  streamQuality({
    ssrc: xr.ssrc,
    lossShare: xr.fractionLost === undefined ? undefined : xr.fractionLost / 256,
    discardShare: xr.fractionDiscard === undefined ? undefined : xr.fractionDiscard / 256,
    // The ends' own delay is heard as well (RFC 3611 §4.7.3).
    roundTripMs: (xr.roundTripDelay ?? 0) + (xr.endSystemDelay ?? 0),
    rating: xr.rating,
    mos: lowest(xr.mosLq, xr.mosCq),
    codec,
  })

const lowest = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
