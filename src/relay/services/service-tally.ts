// What became of single frames at a service, by what it said. Reasons hold values (timestamps, fields), so
// digits and quoted words are taken out of them, and there are REASONS_MAX at most: they become labels of
// a metric. Frames that are refused are told to the log once a minute, however many.
import type { OutletTally } from '../outlet.ts'

const REASONS_MAX = 20
const REASON_CHARS_MAX = 80
const TELL_MS = 60_000

export class ServiceTally implements OutletTally {
  skipped = 0
  readonly refused = new Map<string, number>()
  readonly #tell: (why: string, frames: number) => void
  #toldMs = Number.NEGATIVE_INFINITY
  #untold = 0

  constructor(tell: (why: string, frames: number) => void) {
    this.#tell = tell
  }

  add(skipped: number, refused: readonly string[]): void {
    this.skipped += skipped
    for (const why of refused) {
      const reason = this.#reasonOf(why)
      this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
    }
    this.#untold += refused.length
    const now = performance.now()
    if (refused.length === 0 || now - this.#toldMs < TELL_MS) return
    this.#toldMs = now
    this.#tell(refused[0]!, this.#untold)
    this.#untold = 0
  }

  #reasonOf(why: string): string {
    const reason = why
      .replace(/\{[^}]*=[^}]*\}|'[^']*'|`[^`]*`/g, '…')
      .replace(/(?<=\D)\d+/g, '0')
      .slice(0, REASON_CHARS_MAX)
    return this.refused.has(reason) || this.refused.size < REASONS_MAX ? reason : 'other'
  }
}
