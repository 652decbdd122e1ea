// Counts by name in bounded memory, for finding the most frequent ones. When the table is full, the
// rarest names go until it is half empty; so a name that makes up more than 1/NAMES_MAX of all events
// stays, and what is counted of it is at least right from when it was last forgotten.

/** Of one name, as it stands in kpi_details. */
export interface NameCounts {
  attempts: number
  answered: number
  failed: number
  cancelled: number
  /** By status code; undefined until there is one. */
  failures: Record<string, number> | undefined
}

const NAMES_MAX = 512
const NAME_CHARS_MAX = 100

export class BoundedCounts {
  readonly #names = new Map<string, NameCounts>()

  /** The counters of a name, to be added to. */
  of(name: string): NameCounts {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    if (name.length > NAME_CHARS_MAX) return this.of(name.slice(0, NAME_CHARS_MAX).toWellFormed())
    if (this.#names.size >= NAMES_MAX) this.#forgetRarest()
    const counts = { attempts: 0, answered: 0, failed: 0, cancelled: 0, failures: undefined }
    this.#names.set(name, counts)
    return counts
  }

  /** The most frequent names with their counts, at most so many. */
  top(count: number): readonly (readonly [string, NameCounts])[] {
    return [...this.#names].sort(([, a], [, b]) => weight(b) - weight(a)).slice(0, count)
  }

  // Nearly all that go were seen once: passes over the table cost less than sorting it.
  #forgetRarest(): void {
    for (let limit = 1; this.#names.size > NAMES_MAX / 2; ) {
      let next = Number.POSITIVE_INFINITY
      for (const [name, counts] of this.#names) {
        const seen = weight(counts)
        if (seen > limit) next = Math.min(next, seen)
        else if (this.#names.size > NAMES_MAX / 2) this.#names.delete(name)
      }
      limit = next
    }
  }
}

/** A host has no attempts, a talker whose call was decided later may have more decided than begun. */
const weight = ({ attempts, answered, failed, cancelled }: NameCounts): number =>
  Math.max(attempts, answered + failed + cancelled)
