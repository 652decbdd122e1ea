// Looks at the target while `calliope load --stages` sends: all nodes of its database through /api/v1/fleet,
// which they tell each other every second or two, and the ledger.
import type { Client } from '#api'
import type { FleetEvent, Ledger } from '#contract'
import type { LoadMoment, StagePlan } from '#fleet'

const MOMENTS_MAX = 1_200
const EVERY_MS_LEAST = 1_000

export class LoadWatch implements AsyncDisposable {
  readonly moments: LoadMoment[] = []
  /** When the first packet left; moments count from there, as the plan does. */
  startedAtMs = Number.NaN
  readonly #watchedFromMs = Date.now()
  readonly #client: Client
  readonly #plan: StagePlan
  #sent = 0
  readonly #before: Ledger
  readonly #timer: Timer
  #looking: Promise<void> = Promise.resolve()
  #isLooking = false

  private constructor(client: Client, plan: StagePlan, before: Ledger) {
    this.#client = client
    this.#plan = plan
    this.#before = before
    const everyMs = Math.max(EVERY_MS_LEAST, plan.durationMs / MOMENTS_MAX)
    this.#timer = setInterval(() => this.#lookAgain(), everyMs)
  }

  /** Rejects when the target does not answer: better now than in an hour. */
  static async start(client: Client, plan: StagePlan): Promise<LoadWatch> {
    const watch = new LoadWatch(client, plan, await client.ledger())
    try {
      await watch.#look()
      return watch
    } catch (error) {
      clearInterval(watch.#timer)
      throw error
    }
  }

  /** The sender has been sending for so long. */
  noteProgress(sent: number, elapsedMs: number): void {
    if (Number.isNaN(this.startedAtMs)) this.startedAtMs = Date.now() - elapsedMs
    this.#sent = sent
  }

  /** What happened to nodes since the beginning, oldest first. */
  async events(): Promise<readonly FleetEvent[]> {
    const { events } = await this.#client.fleet(new Date(this.#watchedFromMs).toISOString())
    return [...events].reverse()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  // A target that does not answer for a while leaves a gap in the graph, no more.
  #lookAgain(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#looking = this.#look()
      .catch(() => undefined)
      .finally(() => {
        this.#isLooking = false
      })
  }

  async #look(): Promise<void> {
    const [{ now, nodes }, ledger] = await Promise.all([
      this.#client.fleet('-1m'),
      this.#client.ledger(),
    ])
    if (Number.isNaN(this.startedAtMs)) return
    const elapsedMs = Date.now() - this.startedAtMs
    const refused = ({ rejected, dropped }: Ledger) => rejected.total + dropped.total
    this.moments.push({
      at: elapsedMs / 1000,
      asked: elapsedMs < this.#plan.durationMs ? this.#plan.rateAt(elapsedMs) : 0,
      sent: this.#sent,
      received: ledger.received - this.#before.received,
      stored: ledger.stored - this.#before.stored,
      dropped: refused(ledger) - refused(this.#before),
      pending: ledger.pending,
      nodes: now.nodes,
      cpuCores: sumOf(nodes.map(({ cpuCores }) => cpuCores)),
      memoryBytes: sumOf(nodes.map(({ memoryBytes }) => memoryBytes)),
      usedShare: now.headroom === null ? null : 1 - now.headroom,
      spoolAgeSeconds: now.spoolAgeSeconds,
      skew: now.skew,
    })
  }
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
}
