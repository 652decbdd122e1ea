// What is to happen when, in virtual seconds; equals in the order they were entered.
import { TimeQueue } from '../traffic/time-queue.ts'

const US = 1e6

export class Agenda {
  readonly #queue = new TimeQueue<() => void>()

  /** When the next thing is due; Infinity when there is none. */
  get nextAt(): number {
    return this.#queue.nextAtUs / US
  }

  at(seconds: number, action: () => void): void {
    this.#queue.push(Math.round(seconds * US), action)
  }

  /** Does everything that is due. */
  run(now: number): void {
    const nowUs = Math.round(now * US)
    while (this.#queue.nextAtUs <= nowUs) this.#queue.pop()!()
  }
}
