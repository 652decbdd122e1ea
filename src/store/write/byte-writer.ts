// A growing buffer that is written front to back and used again: the writer encodes a hundred
// thousand messages a second and must not allocate for each. Numbers are LEB128 varints for our own
// format and big-endian for PostgreSQL's. Short ASCII is written by hand: calling out for it costs
// more than the loop.

const BYTES_AT_FIRST = 64 * 1024
const UTF8_BYTES_PER_CHAR_MAX = 3 // of UTF-16; a pair of them makes four
const SHORT_CHARS = 48

export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(bytesAtFirst = BYTES_AT_FIRST) {
    this.#bytes = Buffer.allocUnsafeSlow(bytesAtFirst)
  }

  get length(): number {
    return this.#length
  }

  /** What was written, as a view that is valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Starts over, or takes back everything from `length` on. */
  truncate(length = 0): void {
    this.#length = length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  int16(value: number): void {
    this.#reserve(2)
    const bytes = this.#bytes
    bytes[this.#length++] = value >> 8
    bytes[this.#length++] = value
  }

  int32(value: number): void {
    this.#reserve(4)
    const bytes = this.#bytes
    bytes[this.#length++] = value >> 24
    bytes[this.#length++] = value >> 16
    bytes[this.#length++] = value >> 8
    bytes[this.#length++] = value
  }

  /** A safe integer as PostgreSQL's int8. */
  int64(value: number): void {
    this.int32(Math.floor(value / 2 ** 32))
    this.int32((value % 2 ** 32) | 0)
  }

  /** Any safe integer ≥ 0; beyond 32 bits by division, because shifts cut to 32. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** UTF-8 behind its length as a varint. */
  text(value: string): void {
    this.varint(Buffer.byteLength(value))
    this.utf8(value)
  }

  /** UTF-8 and nothing else; returns how many bytes it took. */
  utf8(value: string): number {
    this.#reserve(value.length * UTF8_BYTES_PER_CHAR_MAX)
    if (value.length <= SHORT_CHARS && this.#ascii(value)) return value.length
    const bytes = this.#bytes.write(value, this.#length, 'utf8')
    this.#length += bytes
    return bytes
  }

  /** False, and nothing written, when there is another character in it. */
  #ascii(value: string): boolean {
    const bytes = this.#bytes
    const at = this.#length
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at + i] = code
    }
    this.#length = at + value.length
    return true
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Part of a buffer, without making a view of it. */
  part(source: Buffer, from: number, to: number): void {
    this.#reserve(to - from)
    source.copy(this.#bytes, this.#length, from, to)
    this.#length += to - from
  }

  /** Fills in a length that was not known when its place was passed. */
  patchInt32(at: number, value: number): void {
    this.#bytes.writeInt32BE(value, at)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
