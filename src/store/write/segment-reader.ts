// Reads what SegmentColumns laid out. Every count is checked against the bytes there are before memory
// is taken for it; reading past the end of a column throws.
import type { MessageExtra } from '#sip'
import { ByteReader } from './byte-reader.ts'
import {
  CLAMPED,
  EARLIER,
  EXTRAS,
  LONG_ROUTE,
  ROUTE_PLACES,
  SHORTER,
  TOGETHER,
  WHOLE_LAG,
} from './segment-columns.ts'
import type { StoredMessage } from './stored-message.ts'

interface Place {
  readonly port: number
  readonly ip: string
}

type Context = ReturnType<typeof readContext>

const COLUMNS = 8

export class SegmentReader {
  readonly #count: number
  readonly #places: readonly Place[]
  readonly #contexts: readonly Context[]
  readonly #segments: ByteReader
  readonly #flags: ByteReader
  readonly #routes: ByteReader
  readonly #contextNumbers: ByteReader
  readonly #times: ByteReader
  readonly #lags: ByteReader
  readonly #lengths: ByteReader
  readonly #extras: ByteReader
  readonly #payloads: ByteReader
  #firstUs = 0
  #receivedUs = 0
  #lagUs = 0

  constructor(block: Buffer) {
    const all = new ByteReader(block)
    this.#count = limited(all.varint(), all)
    const [places, contexts] = [limited(all.varint(), all), limited(all.varint(), all)]
    const lengths = Array.from({ length: COLUMNS + 1 }, () => all.varint())
    this.#places = Array.from({ length: places }, () => readPlace(all))
    this.#contexts = Array.from({ length: contexts }, () => readContext(all))
    const columns = lengths.map((length) => new ByteReader(all.view(length)))
    if (all.left > 0) throw new RangeError(`${all.left} bytes too many`)
    this.#segments = columns[0]!
    this.#flags = columns[1]!
    this.#routes = columns[2]!
    this.#contextNumbers = columns[3]!
    this.#times = columns[4]!
    this.#lags = columns[5]!
    this.#lengths = columns[6]!
    this.#extras = columns[7]!
    this.#payloads = columns[8]!
  }

  /** The segment at a place; those before it have to be passed over. */
  segment(place: number): StoredMessage[] {
    if (place >= this.#count) throw new RangeError(`no segment ${place} among ${this.#count}`)
    for (let i = 0; i < place; i++) this.#pass()
    return this.#next()
  }

  segments(): StoredMessage[][] {
    const all = Array.from({ length: this.#count }, () => this.#next())
    for (const column of [this.#segments, this.#flags, this.#lengths, this.#payloads]) {
      if (column.left > 0) throw new RangeError(`${column.left} bytes too many in a column`)
    }
    return all
  }

  #next(): StoredMessage[] {
    const count = limited(this.#segments.varint(), this.#flags)
    const placeCount = limited(this.#segments.varint(), this.#segments)
    const places = Array.from({ length: placeCount }, () =>
      entryOf(this.#places, this.#segments.varint()),
    )
    let beforeUs = this.#firstUs
    const messages = Array.from({ length: count }, () => {
      const message = this.#message(beforeUs, places)
      beforeUs = message.atUs
      return message
    })
    this.#firstUs = messages[0]?.atUs ?? this.#firstUs
    return messages
  }

  /** As #next, without making anything of it. */
  #pass(): void {
    const count = limited(this.#segments.varint(), this.#flags)
    const placeCount = limited(this.#segments.varint(), this.#segments)
    for (let i = 0; i < placeCount; i++) this.#segments.varint()
    let beforeUs = this.#firstUs
    for (let i = 0; i < count; i++) {
      const flags = this.#flags.byte()
      beforeUs = this.#readTimes(flags, beforeUs)
      if (i === 0) this.#firstUs = beforeUs
      if (this.#routes.byte() === LONG_ROUTE) {
        this.#routes.varint()
        this.#routes.varint()
      }
      this.#contextNumbers.varint()
      if (flags & EXTRAS) readExtras(this.#extras)
      this.#payloads.skip(this.#lengths.varint())
    }
  }

  /** Of the next message; keeps when it reached us and returns when it was sent. */
  #readTimes(flags: number, beforeUs: number): number {
    const atUs = beforeUs + (flags & EARLIER ? -1 : 1) * this.#times.varint()
    if (!(flags & TOGETHER)) {
      const fromUs = flags & WHOLE_LAG ? 0 : this.#lagUs
      this.#receivedUs = atUs + (fromUs + (flags & SHORTER ? -1 : 1) * this.#lags.varint())
    }
    this.#lagUs = this.#receivedUs - atUs
    return atUs
  }

  #message(beforeUs: number, places: readonly Place[]): StoredMessage {
    const flags = this.#flags.byte()
    const atUs = this.#readTimes(flags, beforeUs)
    const [src, dst] = this.#route(places)
    const context = entryOf(this.#contexts, this.#contextNumbers.varint())
    return {
      atUs,
      receivedUs: this.#receivedUs,
      clockClamped: (flags & CLAMPED) !== 0,
      srcIp: src.ip,
      srcPort: src.port,
      dstIp: dst.ip,
      dstPort: dst.port,
      ...context,
      ...(flags & EXTRAS ? { extras: readExtras(this.#extras) } : {}),
      payload: this.#payloads.view(this.#lengths.varint()),
    }
  }

  #route(places: readonly Place[]): readonly [Place, Place] {
    const route = this.#routes.byte()
    if (route === LONG_ROUTE) {
      const from = this.#routes.varint()
      return [entryOf(places, from), entryOf(places, this.#routes.varint())]
    }
    return [
      entryOf(places, Math.floor(route / ROUTE_PLACES)),
      entryOf(places, route % ROUTE_PLACES),
    ]
  }
}

/** Every entry takes a byte at least: a larger count is damage, caught before memory is taken. */
function limited(count: number, reader: ByteReader): number {
  if (count > reader.left) throw new RangeError(`${count} entries in ${reader.left} bytes`)
  return count
}

function entryOf<Entry>(dictionary: readonly Entry[], number: number): Entry {
  const entry = dictionary[number]
  if (entry === undefined) throw new RangeError(`no entry ${number} in ${dictionary.length}`)
  return entry
}

function readPlace(reader: ByteReader): Place {
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

function readExtras(reader: ByteReader): MessageExtra[] {
  return Array.from({ length: limited(reader.varint(), reader) }, () => ({
    vendor: reader.varint(),
    type: reader.varint(),
    body: reader.view(reader.varint()),
  }))
}
