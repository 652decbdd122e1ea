// Chance with a seed: the same seed gives the same traffic on every machine. The generator is sfc32
// (Chris Doty-Humphrey's small fast counter), which passes the usual statistical tests.

export class Random {
  #a: number
  #b: number
  #c = 0x9e3779b9
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    for (let i = 0; i < 15; i++) this.next() // lets the seed reach every bit
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.integer(0, items.length - 1)]!
  }

  /** Waiting times between independent events are distributed like this. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean
  }

  hex(length: number): string {
    let text = ''
    while (text.length < length) text += this.integer(0, 15).toString(16)
    return text
  }

  digits(length: number): string {
    return this.integer(0, 10 ** length - 1)
      .toString()
      .padStart(length, '0')
  }
}
