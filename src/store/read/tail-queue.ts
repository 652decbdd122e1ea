// What one watcher of the tail has not taken yet. Bounded: a watcher that does not keep up loses the
// newest rows and is told how many, in their place.
import type { CallRow, TailEvent } from '#contract'

const EVENTS_MAX = 2_000

export class TailQueue implements AsyncIterable<TailEvent> {
  readonly #events: TailEvent[] = []
  #skipped = 0
  #wake: (() => void) | undefined
  #end: { readonly error: unknown } | undefined

  /** Adds a tick's rows; those above `rowsMax` and `skipped` others are only counted. */
  push(rows: readonly CallRow[], rowsMax: number, skipped: number): void {
    const room = Math.max(0, Math.min(rowsMax, EVENTS_MAX - this.#events.length))
    const shown = room === 0 ? [] : rows.slice(-room)
    this.#skipped += skipped + rows.length - shown.length
    if (this.#skipped > 0 && this.#events.length < EVENTS_MAX) {
      this.#events.push({ kind: 'skipped', count: this.#skipped })
      this.#skipped = 0
    }
    for (const call of shown) this.#events.push({ kind: 'call', call })
    this.#wake?.()
  }

  /** No more comes; with an error the watcher gets that after what is waiting. */
  end(error?: unknown): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TailEvent> {
    for (;;) {
      yield* this.#events.splice(0)
      if (this.#events.length > 0) continue
      if (this.#end?.error !== undefined) throw this.#end.error
      if (this.#end !== undefined) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
