// Named numbers that one thread writes and others read at any time, without asking it: its own may be busy with a
// batch when metrics are asked for. One writer, so no locks; a reader may see one number newer than another.

export class SharedFigures<Name extends string> {
  /** To be given to the other thread. */
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array
  readonly #names: readonly Name[]
  readonly #places: ReadonlyMap<Name, number>

  /** The names in the same order in every thread. */
  constructor(names: readonly Name[], memory = new SharedArrayBuffer(names.length * 8)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
    this.#names = names
    this.#places = new Map(names.map((name, place) => [name, place]))
  }

  set(name: Name, value: number): void {
    this.#slots[this.#places.get(name)!] = value
  }

  add(name: Name, value = 1): void {
    this.#slots[this.#places.get(name)!]! += value
  }

  get(name: Name): number {
    return this.#slots[this.#places.get(name)!]!
  }

  all(): Readonly<Record<Name, number>> {
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#slots[i]!])) as Record<
      Name,
      number
    >
  }
}
