// How the messages of call segments become the bytes of call_segments.messages and back.
//
//   segment                                       block
//   ┌ counts: messages, places, contexts ┐        ┌ number of segments, length of each ┐
//   │ places     ip, port                │        │ segment                            │ ─▶ zstd
//   │ contexts   transport, protocol,    │        │ segment                            │
//   │            capture id, node, corr. │        │ …                                  │
//   │ heads      flags, Δ time, Δ        │        └────────────────────────────────────┘
//   │            received, from, to,     │
//   │            context, length         │   Addresses and what seldom changes within a call stand
//   │ payloads   one behind the other    │   once; payloads lie together, so that like meets like.
//   └────────────────────────────────────┘
//
// Segments of neighbouring rows are compressed together: two messages alone shrink to 390 bytes each,
// in a block of 64 KiB to 100, in a quarter of the time (measured). The first row of a block holds
// it; `block_place` of the others says how many rows they stand behind it (segment-sql.ts).
//
// `format` (a column of its own) says how to read the bytes: 1 = zstd over one segment, 2 = zstd over a
// block. Later formats take the next number; old rows stay readable. SIP fields are not kept: they
// are read from the payload again. Text is UTF-8; payloads are the exact bytes.
//
// Limits: a segment is split by the writer (call-groups.ts) long before SEGMENT_BYTES_MAX. Damaged
// bytes throw SegmentError; what cannot be read whole is not read at all.
import { zstdDecompressSync } from 'node:zlib'
import { type MessageExtra, parseSip, type TracedMessage } from '#sip'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { ContextDictionary, PlaceDictionary } from './segment-dictionaries.ts'

/** One segment by itself: what `encodeMessages` writes. */
export const SEGMENT_FORMAT = 1
/** Several segments together: what `BlockBuilder` writes. */
export const BLOCK_FORMAT = 2
/** No segment or block is larger before compression: more is damage, or an attack on memory. */
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024
/** Measured on mixed calls: level 3 saves 2 % for 20 % more time. */
const ZSTD_LEVEL = 1

const CLAMPED = 1
const EARLIER = 2 // than the message before it
const RECEIVED_EARLIER = 4 // than it was sent, by the two clocks
const EXTRAS = 8

const PROTOCOL_SIP = 1

/** Bytes from the database that are no segment, or not one this version can read. */
export class SegmentError extends Error {
  override name = 'SegmentError'
}

const heads = new ByteWriter()
const raw = new ByteWriter()

/** Packs the messages of one segment; `decodeMessages(SEGMENT_FORMAT, …)` gives them back. */
export function encodeMessages(messages: readonly TracedMessage[]): Buffer {
  raw.truncate()
  writeMessages(raw, messages)
  return Bun.zstdCompressSync(raw.view(), { level: ZSTD_LEVEL })
}

/** Collects the segments of a block. */
export class BlockBuilder {
  readonly #segments = new ByteWriter()
  #lengths: number[] = []

  /** Bytes so far, before compression. */
  get bytes(): number {
    return this.#segments.length
  }

  add(messages: readonly TracedMessage[]): void {
    const before = this.#segments.length
    writeMessages(this.#segments, messages)
    this.#lengths.push(this.#segments.length - before)
  }

  /** The packed block; begins anew. `decodeMessages(BLOCK_FORMAT, …, place)` gives a segment back. */
  finish(): Buffer {
    raw.truncate()
    raw.varint(this.#lengths.length)
    for (const length of this.#lengths) raw.varint(length)
    raw.bytes(this.#segments.view())
    this.#segments.truncate()
    this.#lengths = []
    return Bun.zstdCompressSync(raw.view(), { level: ZSTD_LEVEL })
  }
}

/**
 * Reads a segment back; `format` and `place` (in its block) are the row's own. Throws SegmentError when
 * it cannot.
 */
export function decodeMessages(format: number, bytes: Buffer, place = 0): TracedMessage[] {
  if (format !== SEGMENT_FORMAT && format !== BLOCK_FORMAT) {
    throw new SegmentError(
      `segment format ${format} is newer than this version of calliope, which reads up to ${BLOCK_FORMAT}`,
    )
  }
  try {
    const plain = zstdDecompressSync(bytes, { maxOutputLength: SEGMENT_BYTES_MAX })
    return readMessages(new ByteReader(format === BLOCK_FORMAT ? segmentIn(plain, place) : plain))
  } catch (cause) {
    throw new SegmentError(`segment of ${bytes.length} bytes is damaged: ${cause}`, { cause })
  }
}

function segmentIn(block: Buffer, place: number): Buffer {
  const reader = new ByteReader(block)
  const count = limited(reader.varint(), reader)
  const lengths = Array.from({ length: count }, () => reader.varint())
  const length = entryOf(lengths, place)
  for (const before of lengths.slice(0, place)) reader.view(before)
  return reader.view(length)
}

function writeMessages(out: ByteWriter, messages: readonly TracedMessage[]): void {
  const places = new PlaceDictionary()
  const contexts = new ContextDictionary()
  heads.truncate()
  let before = 0
  for (const message of messages) {
    const from = places.numberOf(message.srcIp, message.srcPort)
    const to = places.numberOf(message.dstIp, message.dstPort)
    writeHead(message, before, from, to, contexts.numberOf(message))
    before = message.atUs
  }
  out.varint(messages.length)
  out.varint(places.texts.length)
  out.varint(contexts.texts.length)
  for (const place of places.texts) out.text(place)
  for (const context of contexts.texts) out.text(context)
  out.bytes(heads.view())
  for (const message of messages) out.bytes(message.payload)
}

function writeHead(
  message: TracedMessage,
  beforeUs: number,
  from: number,
  to: number,
  context: number,
): void {
  const { atUs, receivedUs, payload, extras = [] } = message
  heads.byte(
    (message.clockClamped ? CLAMPED : 0) |
      (atUs < beforeUs ? EARLIER : 0) |
      (receivedUs < atUs ? RECEIVED_EARLIER : 0) |
      (extras.length > 0 ? EXTRAS : 0),
  )
  heads.varint(Math.abs(atUs - beforeUs))
  heads.varint(Math.abs(receivedUs - atUs))
  heads.varint(from)
  heads.varint(to)
  heads.varint(context)
  heads.varint(payload.length)
  if (extras.length === 0) return
  heads.varint(extras.length)
  for (const extra of extras) {
    heads.varint(extra.vendor)
    heads.varint(extra.type)
    heads.varint(extra.body.length)
    heads.bytes(extra.body)
  }
}

type Head = Omit<TracedMessage, 'payload' | 'sip'> & { readonly payloadBytes: number }

function readMessages(reader: ByteReader): TracedMessage[] {
  const [messageCount, placeCount, contextCount] = [
    reader.varint(),
    reader.varint(),
    reader.varint(),
  ]
  const places = Array.from({ length: limited(placeCount, reader) }, () => readPlace(reader))
  const contexts = Array.from({ length: limited(contextCount, reader) }, () => readContext(reader))
  const heads: Head[] = []
  for (let left = limited(messageCount, reader); left > 0; left--) {
    heads.push(readHead(reader, heads.at(-1)?.atUs ?? 0, places, contexts))
  }
  const messages = heads.map(({ payloadBytes, ...head }) => {
    const payload = reader.view(payloadBytes)
    return { ...head, payload, sip: sipOf(head.protocolType, payload) }
  })
  if (reader.left > 0) throw new RangeError(`${reader.left} bytes too many`)
  return messages
}

/** Every entry takes a byte at least: a larger count is damage, caught before memory is taken. */
function limited(count: number, reader: ByteReader): number {
  if (count > reader.left) throw new RangeError(`${count} entries in ${reader.left} bytes`)
  return count
}

function readPlace(reader: ByteReader): { port: number; ip: string } {
  const text = reader.text()
  const blank = text.indexOf(' ')
  return { port: Number(text.slice(0, blank)), ip: text.slice(blank + 1) }
}

function readContext(reader: ByteReader) {
  const text = reader.text()
  const [ipProtocol, protocolType, captureId, nodeChars] = text.split(' ', 4).map(Number)
  const nodeAt = `${ipProtocol} ${protocolType} ${captureId} ${nodeChars} `.length
  return {
    ipProtocol: ipProtocol!,
    protocolType: protocolType!,
    captureId: captureId!,
    captureNode: text.slice(nodeAt, nodeAt + nodeChars!),
    correlationId: text.slice(nodeAt + nodeChars!),
  }
}

function readHead(
  reader: ByteReader,
  beforeUs: number,
  places: readonly ReturnType<typeof readPlace>[],
  contexts: readonly ReturnType<typeof readContext>[],
): Head {
  const flags = reader.byte()
  const atUs = beforeUs + (flags & EARLIER ? -1 : 1) * reader.varint()
  const receivedUs = atUs + (flags & RECEIVED_EARLIER ? -1 : 1) * reader.varint()
  const src = entryOf(places, reader.varint())
  const dst = entryOf(places, reader.varint())
  const context = entryOf(contexts, reader.varint())
  const payloadBytes = reader.varint()
  return {
    atUs,
    receivedUs,
    clockClamped: (flags & CLAMPED) !== 0,
    srcIp: src.ip,
    srcPort: src.port,
    dstIp: dst.ip,
    dstPort: dst.port,
    ...context,
    ...(flags & EXTRAS ? { extras: readExtras(reader) } : {}),
    payloadBytes,
  }
}

function entryOf<Entry>(dictionary: readonly Entry[], number: number): Entry {
  const entry = dictionary[number]
  if (entry === undefined) throw new RangeError(`no entry ${number} in ${dictionary.length}`)
  return entry
}

function readExtras(reader: ByteReader): MessageExtra[] {
  return Array.from({ length: limited(reader.varint(), reader) }, () => ({
    vendor: reader.varint(),
    type: reader.varint(),
    body: reader.view(reader.varint()),
  }))
}

/** The SIP in a payload; undefined for other protocols and for text that is not SIP. */
export function sipOf(protocolType: number, payload: Buffer): TracedMessage['sip'] {
  if (protocolType !== PROTOCOL_SIP) return undefined
  const sip = parseSip(payload)
  return sip.kind === 'malformed' ? undefined : sip
}
