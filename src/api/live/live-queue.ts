// What waits between the store and one watcher. The store never waits for a watcher, so the queue is
// bounded and the oldest go first: a live screen wants what is new. How many went is always said.
//
//   store ──push──▶ [ oldest … newest ] ──take──▶ watcher      skipped: 12 ──▶ said before the rest
import type { TailEvent } from '#contract'

const EVENTS_MAX = 1000

/** Events for one watcher, bounded. */
export class LiveQueue {
  readonly #events: TailEvent[] = []
  #skipped = 0
  #wake = () => {}

  push(event: TailEvent): void {
    this.#events.push(event)
    if (this.#events.length > EVENTS_MAX) this.#skipped += countOf(this.#events.shift()!)
    this.#wake()
  }

  /** Everything that waits, the gap first; empty when nothing does. */
  take(): TailEvent[] {
    const events = this.#events.splice(0)
    if (this.#skipped > 0) events.unshift({ kind: 'skipped', count: this.#skipped })
    this.#skipped = 0
    return events
  }

  /** Resolves at the next push, at `wake`, or after `waitMs`; at once when something waits. */
  async wait(waitMs: number): Promise<void> {
    if (this.#events.length > 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, waitMs)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
  }

  wake(): void {
    this.#wake()
  }
}

const countOf = (event: TailEvent): number => (event.kind === 'skipped' ? event.count : 1)
