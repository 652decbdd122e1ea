// A queue of bytes in one block:  | used up | view | free |
// Bytes move to the front only when the free part runs out, and the block is then at least twice as
// long as what moves: so every byte moves a bounded number of times, however small the pieces come.

const BLOCK_BYTES_MIN = 2_048
/** An empty queue gives larger blocks back: thousands of idle connections hold one each. */
const BLOCK_BYTES_KEPT = 16_384

export class HeldBytes {
  #block = Buffer.alloc(0)
  #from = 0
  #to = 0

  get length(): number {
    return this.#to - this.#from
  }

  /** The bytes themselves: valid until the next append. */
  get view(): Buffer {
    return this.#block.subarray(this.#from, this.#to)
  }

  append(bytes: Buffer): void {
    if (this.#to + bytes.length > this.#block.length) this.#makeRoom(this.length + bytes.length)
    this.#block.set(bytes, this.#to)
    this.#to += bytes.length
  }

  /** Forgets the first `count` bytes. */
  consume(count: number): void {
    this.#from += count
    if (this.#from >= this.#to) this.clear()
  }

  clear(): void {
    this.#from = 0
    this.#to = 0
    if (this.#block.length > BLOCK_BYTES_KEPT) this.#block = Buffer.alloc(0)
  }

  #makeRoom(bytesWanted: number): void {
    const held = this.view
    if (bytesWanted * 2 > this.#block.length)
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES_MIN, bytesWanted * 2))
    this.#block.set(held, 0) // set() is right for overlapping ranges too
    this.#to = held.length
    this.#from = 0
  }
}
