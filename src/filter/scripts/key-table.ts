// HashTable: texts by key that scripts keep from one packet to the next. Bounded: the oldest go first.
const BYTES_MAX = 16 * 2 ** 20
const ENTRY_CHARS_MAX = 65_536
/** What an entry costs beyond its characters, roughly. */
const ENTRY_BYTES = 100

export class KeyTable {
  readonly #entries = new Map<string, string>()
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  /** '' for what is not there. */
  get(key: string): string {
    return this.#entries.get(key) ?? ''
  }

  set(key: string, value: string): void {
    this.delete(key)
    if (key.length + value.length > ENTRY_CHARS_MAX) return
    this.#entries.set(key, value)
    this.#bytes += sizeOf(key, value)
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, value)
  }
}

const sizeOf = (key: string, value: string): number => (key.length + value.length) * 2 + ENTRY_BYTES
