// A full spool makes stream senders wait: nobody reads their sockets, TCP fills up to the sender, and
// nothing is lost. UDP cannot wait; there the lane counts drops.
//
//   frame ─▶ isBlocked? ─ no ─▶ append
//                └─ yes: hold it, stop reading every stream   … every POLL_MS: room? read again
//
// What was read already is held by its connection: at most one read's worth for each.
import type { IntakeCounters } from './intake-counters.ts'

const POLL_MS = 50

/** A connection that can stop reading and go on. */
export interface Pausable {
  pause(): void
  /** Hands over what it held, then reads on. */
  resume(): void
}

export interface PushBackOptions {
  readonly isFull: () => boolean
  readonly counters: IntakeCounters
}

/** Stops and restarts all stream connections of one lane together. */
export class PushBack {
  readonly #isFull: () => boolean
  readonly #counters: IntakeCounters
  readonly #connections = new Set<Pausable>()
  #timer: Timer | undefined
  #closed = false

  constructor({ isFull, counters }: PushBackOptions) {
    this.#isFull = isFull
    this.#counters = counters
  }

  /** Ask before each frame; true means hold it. */
  get isBlocked(): boolean {
    if (this.#timer === undefined && !this.#closed && this.#isFull()) this.#block()
    return this.#timer !== undefined
  }

  add(connection: Pausable): void {
    this.#connections.add(connection)
    if (this.#timer !== undefined) connection.pause()
  }

  delete(connection: Pausable): void {
    this.#connections.delete(connection)
  }

  /** From now on nothing is held: what does not fit is dropped and counted. */
  close(): void {
    this.#closed = true
    this.#release()
    for (const connection of [...this.#connections]) connection.resume()
    this.#connections.clear()
  }

  #block(): void {
    this.#timer = setInterval(() => this.#poll(), POLL_MS)
    this.#counters.add('pushedBack')
    this.#counters.set('isPushedBack', 1)
    for (const connection of this.#connections) connection.pause()
  }

  // Handing over what was held may fill the spool again: then the rest goes on waiting.
  #poll(): void {
    if (this.#isFull()) return
    this.#release()
    for (const connection of [...this.#connections]) {
      connection.resume()
      if (this.#timer !== undefined) return
    }
  }

  #release(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#counters.set('isPushedBack', 0)
  }
}
