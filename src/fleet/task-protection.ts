// Asks ECS not to choose this task when it scales in, while much waits in its spool. Through the agent's
// own address, which needs no account, cluster or task id:
//
//   PUT $ECS_AGENT_URI/task-protection/v1/state   {"ProtectionEnabled":true,"ExpiresInMinutes":10}
//
//   backlog   ──────▁▂▅█▇▅▃▂▁──────   on above the limit, off below a quarter of it: a backlog that
//   protected ────────██████▁──────   hovers at the limit does not make a call each time
//
// Protection that nobody renews ends by itself, so a node that dies is not protected for ever. It holds
// off scaling in and deployments; a spot reclaim takes no notice of it.
import { log as rootLog } from '#log'

const log = rootLog.child({ room: 'fleet', part: 'task-protection' })

export interface TaskProtectionOptions {
  /** $ECS_AGENT_URI. */
  readonly agentUrl: string
  /** Bytes that wait for the database. */
  readonly backlogBytes: () => number
  /** Protected above this, not any more below a quarter of it. */
  readonly limitBytes: number
  /** How often the backlog is looked at. @default 2000 */
  readonly everyMs?: number
  readonly now?: () => number
}

const EXPIRES_MINUTES = 10
const RENEW_MS = 5 * 60_000
const ANSWER_MS_MAX = 5_000
/** After a failure nothing is asked for so long: the agent allows few calls. */
const RETRY_MS = 15_000
const RELEASE_BELOW = 0.25

/** Looks after the protection of this task until closed. */
export class TaskProtection {
  readonly #options: TaskProtectionOptions
  readonly #timer: Timer
  readonly #now: () => number
  readonly #told = new Set<string>()
  #isProtected = false
  #askedAtMs = Number.NEGATIVE_INFINITY
  #quietUntilMs = Number.NEGATIVE_INFINITY
  #asking: Promise<void> = Promise.resolve()
  failures = 0

  constructor(options: TaskProtectionOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#timer = setInterval(() => this.look(), options.everyMs ?? 2_000)
    this.#timer.unref()
  }

  get isProtected(): boolean {
    return this.#isProtected
  }

  get isAsking(): boolean {
    return this.#quietUntilMs === Number.POSITIVE_INFINITY
  }

  /** Compares the backlog with what was asked for, and asks for what it should be. */
  look(): void {
    const wanted = this.#isWanted()
    const isDue = wanted && this.#now() - this.#askedAtMs >= RENEW_MS
    if ((wanted === this.#isProtected && !isDue) || this.#now() < this.#quietUntilMs) return
    this.#quietUntilMs = Number.POSITIVE_INFINITY // one question at a time
    this.#asking = this.#ask(wanted)
  }

  /** Gives the protection back, if there is one: all is stored, or somebody else's. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asking
    if (this.#isProtected) await this.#ask(false)
  }

  #isWanted(): boolean {
    const { backlogBytes, limitBytes } = this.#options
    return backlogBytes() >= (this.#isProtected ? limitBytes * RELEASE_BELOW : limitBytes)
  }

  async #ask(wanted: boolean): Promise<void> {
    try {
      await putProtection(this.#options.agentUrl, wanted)
      if (wanted !== this.#isProtected) log.info({ protected: wanted }, 'task protection')
      this.#isProtected = wanted
      this.#askedAtMs = this.#now()
      this.#quietUntilMs = Number.NEGATIVE_INFINITY
    } catch (error) {
      this.failures += 1
      this.#quietUntilMs = this.#now() + RETRY_MS
      this.#tell(error as Error & { kind?: string })
    }
  }

  // A missing permission fails every quarter of a minute, for ever: each kind is told of once.
  #tell({ message, kind = 'unreachable' }: Error & { kind?: string }): void {
    if (!this.#told.has(kind))
      log.error({ error: message }, 'this task cannot be protected from scaling in; trying on')
    this.#told.add(kind)
  }
}

interface AgentAnswer {
  readonly protection?: { readonly ProtectionEnabled: boolean }
  readonly failure?: { readonly Reason?: string; readonly Detail?: string }
  readonly error?: { readonly Code?: string; readonly Message?: string }
}

async function putProtection(agentUrl: string, wanted: boolean): Promise<void> {
  const body = wanted
    ? { ProtectionEnabled: true, ExpiresInMinutes: EXPIRES_MINUTES }
    : { ProtectionEnabled: false }
  const answer = await fetch(`${agentUrl}/task-protection/v1/state`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  })
  const text = await answer.text()
  const { protection, failure, error } = parseAnswer(text)
  if (answer.ok && protection?.ProtectionEnabled === wanted) return
  const kind = error?.Code ?? failure?.Reason ?? String(answer.status)
  const why = error?.Message ?? failure?.Detail ?? text.slice(0, 200)
  const hint =
    kind === 'AccessDeniedException'
      ? '; allow the role of the task ecs:UpdateTaskProtection and ecs:GetTaskProtection'
      : ''
  throw Object.assign(new Error(`${kind}: ${why}${hint}`), { kind })
}

function parseAnswer(text: string): AgentAnswer {
  try {
    return (JSON.parse(text) ?? {}) as AgentAnswer
  } catch {
    return {}
  }
}
