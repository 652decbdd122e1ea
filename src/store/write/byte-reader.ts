// The other end of ByteWriter. Reading past the end throws: a row that does not decode is damage in
// the database, which the caller names; it must never come back as a shorter call.

export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    if (!Number.isSafeInteger(value)) throw new RangeError(`number ${value} is out of range`)
    return value
  }

  text(): string {
    const bytes = this.varint()
    const at = this.#take(bytes)
    return this.#bytes.toString('utf8', at, at + bytes)
  }

  skip(count: number): void {
    this.#take(count)
  }

  /** A view of the next `count` bytes. */
  view(count: number): Buffer {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#bytes.length) {
      throw new RangeError(`${count} bytes wanted at ${at} of ${this.#bytes.length}`)
    }
    this.#at = at + count
    return at
  }
}
