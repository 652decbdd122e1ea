// Whether the database answers, as far as the last question told: the schema's check, then the
// heartbeat every second, which comes whether there is something to store or not.
import { type DatabaseError, explainDatabaseError } from './database-error.ts'
import { urlNow } from './login.ts'

/** A question open for so long is an answer, too. */
const SILENT_MS_MAX = 3_000

export class DatabaseHealth {
  readonly #url: string
  #error: DatabaseError | undefined
  #askedMs: number | undefined

  constructor(url: string) {
    this.#url = url
  }

  get isAsking(): boolean {
    return this.#askedMs !== undefined
  }

  /** What is wrong, in a sentence; undefined while nothing is known to be. */
  get trouble(): string | undefined {
    const silentMs = this.#askedMs === undefined ? 0 : performance.now() - this.#askedMs
    if (silentMs > SILENT_MS_MAX) return `it has not answered for ${Math.round(silentMs / 1000)} s`
    return this.#error?.message
  }

  /** Does something that needs the database; returns why it failed, undefined when it did not. */
  async ask(question: () => Promise<void>): Promise<DatabaseError | undefined> {
    this.#askedMs = performance.now()
    this.#error = await question().then(
      () => undefined,
      (error) => explainDatabaseError(error, urlNow(this.#url)),
    )
    this.#askedMs = undefined
    return this.#error
  }
}
