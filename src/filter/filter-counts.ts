// What a filter did, in memory that the main thread can read at any time.

const NAMES = [
  'discarded', // by method or by a script
  'duplicates',
  'censored',
  'alegIds', // messages whose other leg a header named
  'scriptRuns', // packets that went through the scripts
  'scriptChanges', // of those, changed
  'scriptErrors', // a script failed; the packet went on unchanged
  'scriptTimeouts', // took too long; the packet went on unchanged
  'scriptSkipped', // packets that went by while the scripts rested or were begun anew
  'scriptRestarts',
  'scriptMs',
] as const

export type FilterCount = (typeof NAMES)[number]
const PLACE = new Map<FilterCount, number>(NAMES.map((name, i) => [name, i]))

export class FilterCounts {
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor(memory = new SharedArrayBuffer(NAMES.length * 8)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  add(name: FilterCount, count = 1): void {
    this.#slots[PLACE.get(name)!]! += count
  }

  get(name: FilterCount): number {
    return this.#slots[PLACE.get(name)!]!
  }
}
