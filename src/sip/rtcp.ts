// RTCP as agents send it in HEP type 5: JSON, written by heplify, captagent, rtpengine or Kamailio,
// with the field names all of them share. Enough for a label and the verdict: how much was lost, how
// much it jittered, how long the way there and back took. Also types 200 and 201 without any block.
//
// Numbers come as numbers or as strings. What is missing or absurd is left out, nothing throws.

export const RTCP_BYTES_MAX = 65_535
export const BLOCKS_MAX = 31 // five bits of the RTCP header

/** What one end says about the stream it receives. */
export interface RtcpBlock {
  readonly ssrc: number
  /** Since the last report, 0 to 1. */
  readonly fractionLost: number
  /** In all; negative when duplicates outnumber losses. */
  readonly packetsLost: number
  /** In units of the media clock. */
  readonly jitter: number
  /** Only where the agent's clock and the last report allow it. */
  readonly roundTripMs: number | undefined
}

export interface RtcpReport {
  /** 200 sender report, 201 receiver report, 202 description alone … */
  readonly type: number
  readonly ssrc: number
  /** Of a sender report; undefined otherwise. */
  readonly packetsSent: number | undefined
  readonly octetsSent: number | undefined
  readonly blocks: readonly RtcpBlock[]
}

/**
 * Reads a type 5 payload; undefined when it is no JSON report. The round trip needs the time the
 * report arrived at the one who sent the last sender report: `atUs`, by the agent's clock.
 */
export function parseRtcp(payload: Buffer, atUs = 0): RtcpReport | undefined {
  const json = readObject(payload)
  if (json === undefined) return undefined
  const sender = objectOf(json.sender_information)
  const type = numberOf(json.type) ?? (sender === undefined ? 201 : 200)
  const blocks = Array.isArray(json.report_blocks) ? json.report_blocks : []
  const isReport = 'ssrc' in json || sender !== undefined || blocks.length > 0 || 'type' in json
  if (!isReport) return undefined
  return {
    type,
    ssrc: numberOf(json.ssrc) ?? 0,
    packetsSent: numberOf(sender?.packets),
    octetsSent: numberOf(sender?.octets),
    blocks: blocks.slice(0, BLOCKS_MAX).flatMap((block) => readBlock(objectOf(block), atUs)),
  }
}

/** 'loss 2 %, jitter 12, round trip 35 ms', the worst of its blocks; '' without any. */
export function summariseRtcp({ blocks }: RtcpReport): string {
  if (blocks.length === 0) return ''
  const lost = Math.max(...blocks.map((block) => block.fractionLost))
  const jitter = Math.max(...blocks.map((block) => block.jitter))
  const trips = blocks.flatMap(({ roundTripMs }) =>
    roundTripMs === undefined ? [] : [roundTripMs],
  )
  const trip = trips.length > 0 ? `, round trip ${Math.round(Math.max(...trips))} ms` : ''
  return `loss ${Number((lost * 100).toFixed(1))} %, jitter ${jitter}${trip}`
}

type Json = Readonly<Record<string, unknown>>

function readObject(payload: Buffer): Json | undefined {
  if (payload.length > RTCP_BYTES_MAX) return undefined
  try {
    return objectOf(JSON.parse(payload.toString('utf8')))
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Json) : undefined
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function readBlock(block: Json | undefined, atUs: number): RtcpBlock[] {
  if (block === undefined) return []
  const fraction = numberOf(block.fraction_lost) ?? 0
  return [
    {
      ssrc: numberOf(block.source_ssrc) ?? 0,
      fractionLost: Math.min(Math.max(fraction / 256, 0), 1),
      packetsLost: numberOf(block.packets_lost) ?? 0,
      jitter: Math.max(0, numberOf(block.ia_jitter) ?? 0),
      roundTripMs: roundTripMs(numberOf(block.lsr) ?? 0, numberOf(block.dlsr) ?? 0, atUs),
    },
  ]
}

const NTP_EPOCH_S = 2_208_988_800 // 1900 to 1970
const UNITS_A_SECOND = 65_536
const ROUND_TRIP_MS_MAX = 10_000

/** RFC 3550 §6.4.1: arrival − LSR − DLSR, in the middle 32 bits of NTP time. */
function roundTripMs(lsr: number, dlsr: number, atUs: number): number | undefined {
  if (lsr === 0 || atUs === 0) return undefined
  const arrival = Math.round((atUs / 1e6 + NTP_EPOCH_S) * UNITS_A_SECOND)
  const units = (arrival - lsr - dlsr) % 2 ** 32
  const ms = ((units < 0 ? units + 2 ** 32 : units) / UNITS_A_SECOND) * 1000
  return ms <= ROUND_TRIP_MS_MAX ? ms : undefined
}
