// The segments of a block laid out in columns, so that each compresses with its like:
//
//   segments   messages, places used, number of each place
//   flags      see below: seldom anything but zero
//   routes     from × 15 + to among the places of the segment; 255 = two numbers follow
//   contexts   number in the block
//   times      Δ to the message before; of the first, to the first of the segment before
//   lags       how long it took to reach us, Δ to the message before; or Δ of when it reached us
//   lengths    of payloads
//   extras     number of chunks, then vendor, type, length, bytes of each
//
// Written once for every message: nothing is allocated here that is not used again.
import { ByteWriter } from './byte-writer.ts'
import { ContextDictionary, PlaceDictionary } from './segment-dictionaries.ts'
import type { StoredMessage } from './stored-message.ts'

export const CLAMPED = 1
/** The time before this one was later. */
export const EARLIER = 2
/** The lag before this one was longer. */
export const SHORTER = 4
export const EXTRAS = 8
/** Reached us when the message before it did: no lag is written. */
export const TOGETHER = 16
/** The lag is written whole (Δ to 0): the difference would be no safe integer. */
export const WHOLE_LAG = 32

/** Routes between the first places of a segment take one byte. */
export const ROUTE_PLACES = 15
export const LONG_ROUTE = 255

const COLUMN_BYTES_AT_FIRST = 4 * 1024

export class SegmentColumns {
  readonly #segments = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #flags = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #routes = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #contextNumbers = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #times = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #lags = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #lengths = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #extras = new ByteWriter(COLUMN_BYTES_AT_FIRST)
  readonly #payloads = new ByteWriter()
  readonly #out = new ByteWriter()
  readonly #columns = [
    ...[this.#segments, this.#flags, this.#routes, this.#contextNumbers],
    ...[this.#times, this.#lags, this.#lengths, this.#extras],
  ]
  readonly #places = new PlaceDictionary()
  readonly #contexts = new ContextDictionary()
  #count = 0
  /** First time of the segment before, then of the message before. */
  #firstUs = 0
  #beforeUs = 0
  #receivedUs = 0
  #lagUs = 0

  get bytes(): number {
    return this.#payloads.length
  }

  add(messages: readonly StoredMessage[]): void {
    this.#count += 1
    this.#places.beginSegment()
    this.#beforeUs = this.#firstUs
    for (const message of messages) this.#addMessage(message)
    this.#firstUs = messages[0]?.atUs ?? this.#firstUs
    this.#segments.varint(messages.length)
    this.#segments.varint(this.#places.used.length)
    for (const number of this.#places.used) this.#segments.varint(number)
  }

  /** The whole block, valid until the next one; begins anew. */
  finish(): Buffer {
    const out = this.#out
    out.truncate()
    out.varint(this.#count)
    out.varint(this.#places.texts.length)
    out.varint(this.#contexts.texts.length)
    for (const column of this.#columns) out.varint(column.length)
    out.varint(this.#payloads.length)
    for (const text of this.#places.texts) out.text(text)
    for (const text of this.#contexts.texts) out.text(text)
    for (const column of [...this.#columns, this.#payloads]) {
      out.bytes(column.view())
      column.truncate()
    }
    this.#places.clear()
    this.#contexts.clear()
    this.#count = this.#firstUs = this.#receivedUs = this.#lagUs = 0
    return out.view()
  }

  #addMessage(message: StoredMessage): void {
    const { atUs, receivedUs, extras } = message
    const lagUs = receivedUs - atUs
    const isTogether = receivedUs === this.#receivedUs
    const isWhole = !Number.isSafeInteger(lagUs - this.#lagUs)
    const lagBeforeUs = isWhole ? 0 : this.#lagUs
    this.#flags.byte(
      (message.clockClamped ? CLAMPED : 0) |
        (atUs < this.#beforeUs ? EARLIER : 0) |
        (extras !== undefined && extras.length > 0 ? EXTRAS : 0) |
        (isTogether ? TOGETHER : (lagUs < lagBeforeUs ? SHORTER : 0) | (isWhole ? WHOLE_LAG : 0)),
    )
    this.#times.varint(Math.abs(atUs - this.#beforeUs))
    if (!isTogether) this.#lags.varint(Math.abs(lagUs - lagBeforeUs))
    this.#beforeUs = atUs
    this.#receivedUs = receivedUs
    this.#lagUs = lagUs
    this.#addRoute(message)
    this.#contextNumbers.varint(this.#contexts.numberOf(message))
    if (extras !== undefined && extras.length > 0) this.#addExtras(extras)
    this.#addPayload(message)
  }

  #addPayload(message: StoredMessage): void {
    const { payloadIn, payloadAt = 0, payloadEnd = 0 } = message
    if (payloadIn === undefined) {
      this.#lengths.varint(message.payload.length)
      this.#payloads.bytes(message.payload)
    } else {
      this.#lengths.varint(payloadEnd - payloadAt)
      this.#payloads.part(payloadIn, payloadAt, payloadEnd)
    }
  }

  #addRoute({ srcIp, srcPort, dstIp, dstPort }: StoredMessage): void {
    const from = this.#places.placeOf(srcIp, srcPort)
    const to = this.#places.placeOf(dstIp, dstPort)
    if (from < ROUTE_PLACES && to < ROUTE_PLACES) {
      this.#routes.byte(from * ROUTE_PLACES + to)
      return
    }
    this.#routes.byte(LONG_ROUTE)
    this.#routes.varint(from)
    this.#routes.varint(to)
  }

  #addExtras(extras: NonNullable<StoredMessage['extras']>): void {
    this.#extras.varint(extras.length)
    for (const { vendor, type, body } of extras) {
      this.#extras.varint(vendor)
      this.#extras.varint(type)
      this.#extras.varint(body.length)
      this.#extras.bytes(body)
    }
  }
}
