// What every request asks the database for and hardly ever changes: whether there are users, what is
// masked, and the API tokens in use. Kept for two seconds, and forgotten at once when this node changes
// it; other nodes follow within those two seconds.
import type { MaskingPolicy, RoleName, ScopeName } from '#contract'
import type { Masking } from './masking.ts'
import type { People } from './people.ts'

const KEPT_MS = 2_000
const TOKENS_MAX = 1_000

/** Nothing is hidden from anybody until somebody says so. */
export const NO_MASKING: MaskingPolicy = {
  ...{ viewer: null, engineer: null, admin: null, auditUnmasked: false },
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
    if (isFresh(this.#users)) return this.#users.value
    try {
      this.#users = keep(await this.#people.hasUsers())
    } catch (error) {
      if (this.#users) return this.#users.value
      if (asksStore) throw error
      return false
    }
    return this.#users.value
  }

  async masking(): Promise<MaskingPolicy> {
    if (!this.#people) return NO_MASKING
    if (!isFresh(this.#masking))
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
    if (isFresh(kept)) return kept.value
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

const isFresh = <Value>(kept: Kept<Value> | undefined): kept is Kept<Value> =>
  kept !== undefined && Date.now() - kept.atMs < KEPT_MS
