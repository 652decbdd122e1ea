// Passwords are changed while we run. When the database refuses a login (28P01, 28000), the URL is
// asked for again where it came from (a secrets manager, a file), and pools go on with what that answers.
//
//   pool refused ─▶ renewLogin ─▶ LoginKeeper ─▶ asks again, one question at a time, never more often
//   in a thread ──▶ channel ──────▲              than its backoff allows
//
// Often the database has the new password a moment before the secret has it: then the same URL comes
// back, which is told once, and the next refusal asks again.
import { isMainThread } from 'node:worker_threads'
import { Backoff } from '#backoff'
import { log as rootLog } from '#log'
import { answerThreads, askMainThread } from './login-channel.ts'

const log = rootLog.child({ room: 'store', part: 'login' })

/** The URL to connect with from now on, secrets and all. */
export type AskAgain = () => Promise<string>

const ASK_MS_MAX = 30_000

interface KeeperOptions {
  /** Milliseconds. */
  readonly now?: () => number
  readonly backoff?: Backoff
}

/** What is known of one database's login. */
export class LoginKeeper {
  #url: string
  readonly #askAgain: AskAgain
  readonly #now: () => number
  #backoff: Backoff
  #asking: Promise<string | undefined> | undefined
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #isTold = false

  constructor(url: string, askAgain: AskAgain, { now, backoff }: KeeperOptions = {}) {
    this.#url = url
    this.#askAgain = askAgain
    this.#now = now ?? (() => performance.now())
    this.#backoff = backoff ?? new Backoff()
  }

  get url(): string {
    return this.#url
  }

  /** What to use instead of a URL whose login was refused; undefined when nothing else is known yet. */
  renew(refused: string): Promise<string | undefined> {
    if (refused !== this.#url) return Promise.resolve(this.#url)
    if (this.#asking !== undefined) return this.#asking
    if (this.#now() < this.#notBeforeMs) return Promise.resolve(undefined)
    this.#asking = this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(): Promise<string | undefined> {
    try {
      const url = await withinTime(this.#askAgain())
      if (url !== this.#url) return this.#take(url)
      this.#tell('the secret of its password has not changed (yet)')
    } catch (error) {
      this.#tell((error as Error).message)
    }
    this.#notBeforeMs = this.#now() + this.#backoff.nextMs()
    return undefined
  }

  #take(url: string): string {
    this.#url = url
    this.#backoff.reset()
    this.#notBeforeMs = this.#now() + this.#backoff.nextMs()
    this.#isTold = false
    log.info('the secret of the database has changed; new connections use what it holds now')
    return url
  }

  #tell(why: string): void {
    if (this.#isTold) return
    this.#isTold = true
    log.warn(
      { why },
      'the database refuses the login; asking for its secret again until it changes',
    )
  }
}

async function withinTime(asking: Promise<string>): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `the secrets did not answer within ${ASK_MS_MAX / 1000} s`
    timer = setTimeout(() => reject(new Error(message)), ASK_MS_MAX)
  })
  return await Promise.race([asking, late]).finally(() => clearTimeout(timer))
}

const keepers = new Map<string, LoginKeeper>()

/** Has every connection to `url`, in every thread, follow what `askAgain` answers when it is refused. */
export function keepLogin(url: string, askAgain: AskAgain): Disposable {
  const keeper = new LoginKeeper(url, askAgain)
  keepers.set(url, keeper)
  const closeChannel = answerThreads(url, (refused) => keeper.renew(refused))
  return {
    [Symbol.dispose]: () => {
      closeChannel()
      if (keepers.get(url) === keeper) keepers.delete(url)
    },
  }
}

/** The URL that stands for `url` now. */
export const urlNow = (url: string): string => keepers.get(url)?.url ?? url

/** What to use instead of `refused`; undefined when nobody keeps the login, or knows no other. */
export async function renewLogin(url: string, refused: string): Promise<string | undefined> {
  const keeper = keepers.get(url)
  if (keeper) return await keeper.renew(refused)
  return isMainThread ? undefined : await askMainThread(url, refused, ASK_MS_MAX + 1000)
}

/** Whether an error of the driver is a refused login: nothing was asked on that connection. */
export const isLoginRefused = (error: unknown): boolean => {
  const { errno } = (error ?? {}) as { errno?: unknown }
  return errno === '28P01' || errno === '28000'
}
