// A row of a homer7 table back to the packet it was made of. What heplify-server kept of the HEP frame:
//
//   protocol_header   addresses, ports, time, type, captureId (a node's name, or its number as text),
//                     capturePass (never moved), correlation_id (chunk 17, else the A-leg's or own Call-ID)
//   raw               the payload without NUL and without what was not UTF-8; those bytes are gone
//   data_header       read out of the payload, so not needed; with ForceHEPPayload it is the payload, and
//                     raw holds the little {"node","proto"} that stands here otherwise
//
// A row that cannot be a frame is left out with the reason, which the caller writes down.
import { encodeHep, FRAME_BYTES_MAX, type HepPacketFields, PROTOCOL } from '#hep'

/** A row as read from the source. */
export interface Homer7Row {
  /** Where it lies in its table (ctid). */
  readonly place: string
  readonly id: string
  readonly sid: string
  /** protocol_header as JSON. */
  readonly header: string
  /** data_header as JSON; null for SIP, where it is not read. */
  readonly data: string | null
  readonly raw: string
  /** create_date in µs since 1970. */
  readonly createdUs: string
}

/** A row as a HEP packet, or why it cannot be one. */
export type RowPacket =
  | { readonly kind: 'packet'; readonly packet: HepPacketFields; readonly mended: boolean }
  | { readonly kind: 'left-out'; readonly why: string }

type Json = Readonly<Record<string, unknown>>

const SECOND_US = 1e6
const CAPTURE_ID_MAX = 0xffff_ffff

/** What the row was made of; `hepType` is that of its table, for rows that do not say. */
export function packetOfRow(row: Homer7Row, hepType: number): RowPacket {
  const header = parseObject(row.header)
  if (header === undefined) return leftOut('protocol_header is no JSON object')
  const payload = Buffer.from(payloadOf(row))
  if (payload.length === 0) return leftOut('it has no payload')
  const [srcIp, dstIp] = [addressOf(header.srcIp), addressOf(header.dstIp)]
  const protocolType = integer(header.payloadType, 1, 255) ?? hepType
  const packet = {
    ...{ srcIp: srcIp ?? '', dstIp: dstIp ?? '', payload, protocolType, ...nodeOf(header) },
    srcPort: integer(header.srcPort, 0, 65_535) ?? 0,
    dstPort: integer(header.dstPort, 0, 65_535) ?? 0,
    ipProtocol: integer(header.protocol, 0, 255) ?? 17,
    atUs: timeOf(header) ?? Number(row.createdUs),
    correlationId: correlationOf(row, header, protocolType),
  }
  return { kind: 'packet', packet, mended: srcIp === undefined || dstIp === undefined }
}

/** The packet as a frame, compressed when it is too large otherwise; undefined when none can hold it. */
export function frameOfPacket(packet: HepPacketFields): Buffer | undefined {
  if (packet.payload.length > FRAME_BYTES_MAX) return undefined // nobody would unpack it
  // As many bytes as all other chunks can take: nearly never more.
  const isLarge = packet.payload.length > FRAME_BYTES_MAX - 2_048
  try {
    return encodeHep(packet, isLarge ? { compress: 'zlib' } : {})
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const leftOut = (why: string): RowPacket => ({ kind: 'left-out', why })

function payloadOf({ raw, data }: Homer7Row): string {
  if (data === null || !isLabel(parseObject(raw)) || isLabel(parseObject(data))) return raw
  return data
}

/** What heplify-server writes beside a payload that is not SIP. */
const isLabel = (json: Json | undefined): boolean =>
  json !== undefined && Object.keys(json).sort().join() === 'node,proto'

function nodeOf({ captureId }: Json): Pick<HepPacketFields, 'captureId' | 'captureNode'> {
  const text = String(captureId ?? '')
  const isNumber = /^\d{1,10}$/.test(text) && Number(text) <= CAPTURE_ID_MAX
  return isNumber ? { captureId: Number(text) } : { captureNode: text }
}

// That of SIP says the Call-ID once more where the agent sent none; that is no correlation.
function correlationOf({ sid }: Homer7Row, header: Json, protocolType: number): string {
  const text = typeof header.correlation_id === 'string' ? header.correlation_id : ''
  if (protocolType === PROTOCOL.sip) return text === sid ? '' : text
  return text || sid
}

function timeOf({ timeSeconds, timeUseconds }: Json): number | undefined {
  const seconds = integer(timeSeconds, 1, 0xffff_ffff)
  return seconds && seconds * SECOND_US + (integer(timeUseconds, 0, SECOND_US - 1) ?? 0)
}

function integer(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value
  const fits = typeof number === 'number' && Number.isInteger(number)
  return fits && number >= min && number <= max ? number : undefined
}

/** Undefined: it is no address (a script may have put a name there), and a frame cannot hold it. */
function addressOf(value: unknown): string | undefined {
  const text = String(value ?? '')
  if (text === '' || IPV4.test(text)) return text
  return text.includes(':') && URL.canParse(`http://[${text}]`) ? text : undefined
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)

function parseObject(text: string): Json | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}
