// A pool whose login is refused asks for its URL again (login.ts) and goes on with the new one: what runs
// on the old connections ends there, what comes after opens new ones.
//
//   current ──refused──▶ leaving (closes when its work is done, 60 s at most)
//      ▲────── a new pool with the new URL
import type { SQL } from 'bun'
import { isLoginRefused, renewLogin, urlNow } from './login.ts'

/** What still runs on connections of a login that was replaced may take so long. */
const LEAVING_SECONDS_MAX = 60

type Open = (url: string, onclose: (error: unknown) => void) => SQL

export class FollowingPool {
  /** Of Bun; another one after each change. */
  current: SQL
  readonly #asked: string
  readonly #open: Open
  readonly #leaving = new Set<SQL>()
  #url: string
  /** Callers that wait for a connection; each is told when the pool they wait at is replaced. */
  readonly #waiting = new Set<() => void>()

  constructor(url: string, open: Open) {
    this.#asked = url
    this.#open = open
    this.#url = urlNow(url)
    this.current = this.#openNow()
  }

  /** Drops all connections with whatever waits on them. */
  renew(): void {
    for (const old of [...this.#leaving, this.current]) void closeQuietly(old, 0)
    this.current = this.#openNow()
  }

  /**
   * As Bun's. Nothing was asked on a connection that never opened, so the caller need not hear of it.
   * While others of the pool are open, Bun keeps its caller waiting for one of those instead.
   */
  readonly reserve: SQL['reserve'] = async (...given) => {
    const used = this.#url
    const reserving = this.current.reserve(...given)
    const replaced = Promise.withResolvers<void>()
    this.#waiting.add(replaced.resolve)
    try {
      const connection = await Promise.race([reserving, replaced.promise])
      if (connection) return connection
      void reserving.then((late) => late.release()).catch(() => undefined)
    } catch (error) {
      if (!isLoginRefused(error) || !(await this.#follow(used))) throw error
    } finally {
      this.#waiting.delete(replaced.resolve)
    }
    return await this.current.reserve(...given)
  }

  #openNow(): SQL {
    const used = this.#url
    return this.#open(used, (error) => {
      if (isLoginRefused(error)) void this.#follow(used)
    })
  }

  /** Whether there is another login than the refused one to try with. */
  async #follow(refused: string): Promise<boolean> {
    const renewed = await renewLogin(this.#asked, refused)
    if (renewed === undefined) return false
    if (renewed !== this.#url) this.#replace(renewed)
    return true // if it is the same, another connection of this pool was faster
  }

  #replace(url: string): void {
    const old = this.current
    this.#leaving.add(old)
    void closeQuietly(old, LEAVING_SECONDS_MAX).then(() => this.#leaving.delete(old))
    this.#url = url
    this.current = this.#openNow()
    for (const tell of this.#waiting) tell()
  }
}

const closeQuietly = (sql: SQL, timeout: number): Promise<void> =>
  sql.close({ timeout }).catch(() => undefined)
