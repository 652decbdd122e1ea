// Counts by name in bounded memory, for finding the most frequent ones. When the table is full, the
// rarest names go until it is at most half full; so a name that makes up more than a few hundredths of
// all events stays, and what is counted of it is right from when it was last forgotten.

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
  /** More names than fit were counted here. */
  #isCrowded = false

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

  /**
   * Adds the counts of another one. What came once among more names than fit is taken in where there is room,
   * and pushes nobody out: pushed out itself by the next, it would only make work.
   */
  merge(other: BoundedCounts): void {
    for (const [name, counts] of other.#names) {
      const isPassing = other.#isCrowded && weight(counts) === 1
      if (isPassing && this.#names.size >= NAMES_MAX && !this.#names.has(name)) continue
      const sum = this.of(name)
      sum.attempts += counts.attempts
      sum.answered += counts.answered
      sum.failed += counts.failed
      sum.cancelled += counts.cancelled
      if (counts.failures === undefined) continue
      sum.failures ??= {}
      for (const [status, n] of Object.entries(counts.failures))
        sum.failures[status] = (sum.failures[status] ?? 0) + n
    }
  }

  /** The most frequent names with their counts, at most so many. */
  top(count: number): readonly (readonly [string, NameCounts])[] {
    return [...this.#names].sort(([, a], [, b]) => weight(b) - weight(a)).slice(0, count)
  }

  // Nearly all that go were seen once: passes over the table cost less than sorting it.
  // By rising weight rather than by sorting: where every call has another caller, nearly all names
  // have weight 1 and one pass is enough.
  #forgetRarest(): void {
    this.#isCrowded = true
    for (let least = 1; this.#names.size > NAMES_MAX / 2; least *= 2)
      for (const [name, counts] of this.#names)
        if (weight(counts) <= least) this.#names.delete(name)
  }
}

/** A host has no attempts, a talker whose call was decided later may have more decided than begun. */
const weight = ({ attempts, answered, failed, cancelled }: NameCounts): number =>
  Math.max(attempts, answered + failed + cancelled)
