// Names from the wire that become labels: the first so many are taken, later ones are 'other'.

const OTHER = 'other'

export class BoundedNames {
  readonly #max: number
  readonly #names = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  of(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= this.#max) return OTHER
    this.#names.add(name)
    return name
  }
}
