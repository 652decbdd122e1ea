// What every request asks the database for and hardly ever changes: whether there are users, what is
// masked, and the API tokens in use. Kept for two seconds, and forgotten at once when this node changes
// it; other nodes follow within those two seconds.
import type { MaskingPolicy, RoleName, ScopeName } from '#contract'
import type { Masking } from '../masking/masking.ts'
import type { People } from '../people.ts'

const KEPT_MS = 2_000
const TOKENS_MAX = 1_000
const ANSWER_MS_MAX = 1_000

/** Nothing is hidden from anybody until somebody says so. */
export const NO_MASKING: MaskingPolicy = {
  ...{ viewer: null, engineer: null, admin: null, auditUnmasked: false },
}

class DatabaseSilent extends Error {
  readonly retryable = true

  constructor() {
    super(`the database has not said within ${ANSWER_MS_MAX} ms whether there are users`)
  }
}

type KnownToken = Awaited<ReturnType<People['token']>>

interface Kept<Value> {
  readonly value: Value
  readonly atMs: number
}

/** A short memory of settings. */
export class Policies {
  readonly #people: People | undefined
  #users: Kept<boolean> | undefined
  #asking: Promise<boolean> | undefined
  #masking: Kept<MaskingPolicy> | undefined
  readonly #tokens = new Map<string, Kept<KnownToken>>()

  constructor(people: People | undefined) {
    this.#people = people
  }

  /**
   * Whether anybody has to log in. While the database is away the last answer counts; before there was
   * one, those who ask for nothing it holds (`asksStore` false) are let through.
   */
  async hasUsers(asksStore = true): Promise<boolean> {
    if (!this.#people) return false
    const known = this.#users
    if (known && isFresh(known)) return known.value
    try {
      return await this.#askForUsers(this.#people)
    } catch (error) {
      if (known) return known.value
      if (asksStore) throw error
      return false
    }
  }

  // One question for all who wait, and none of them waits long: a database that hangs must not hold up
  // metrics, and pages get their "not now" at once.
  async #askForUsers(people: People): Promise<boolean> {
    this.#asking ??= people
      .hasUsers()
      .then((value) => {
        this.#users = keep(value)
        return value
      })
      .finally(() => {
        this.#asking = undefined
      })
    let timer: Timer | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new DatabaseSilent()), ANSWER_MS_MAX)
    })
    return await Promise.race([this.#asking, late]).finally(() => clearTimeout(timer))
  }

  async masking(): Promise<MaskingPolicy> {
    if (!this.#people) return NO_MASKING
    if (this.#masking && isFresh(this.#masking)) return this.#masking.value
    this.#masking = keep({
      ...NO_MASKING,
      ...((await this.#people.setting('masking')) as MaskingPolicy | undefined),
    })
    return this.#masking.value
  }

  async maskingOf(role: RoleName): Promise<Masking | undefined> {
    return (await this.masking())[role] ?? undefined
  }

  /** A token by its digest, so that an agent that posts often does not write often. */
  async token(
    hash: Buffer,
  ): Promise<{ name: string; role: RoleName; scopes: readonly ScopeName[] } | undefined> {
    const key = hash.toString('base64')
    const kept = this.#tokens.get(key)
    if (kept && isFresh(kept)) return kept.value
    const value = await this.#people?.token(hash)
    if (this.#tokens.size >= TOKENS_MAX) this.#tokens.clear()
    if (value) this.#tokens.set(key, keep(value))
    else this.#tokens.delete(key)
    return value
  }

  /** After a change made here. */
  forget(): void {
    this.#users = undefined
    this.#masking = undefined
    this.#tokens.clear()
  }
}

const keep = <Value>(value: Value): Kept<Value> => ({ value, atMs: Date.now() })

const isFresh = ({ atMs }: Kept<unknown>): boolean => Date.now() - atMs < KEPT_MS
