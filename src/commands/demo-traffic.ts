// The demo button: the last hour of a small platform, generated and put into the spool like anything
// else that is received. All of it is marked by the capture node 'calliope-demo' (`-node:calliope-demo`
// hides it) and goes with the retention; it cannot be taken out before, because rows of one batch
// share their messages with each other.
import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoState } from '#contract'
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'
import { log } from '#log'
import type { LaneWriter } from '#spool'

export const DEMO_NODE = 'calliope-demo'

const HOUR_US = 3_600_000_000
/** Scenes a second: some 40,000 frames in all, a few seconds of work. */
const STARTS_PER_SECOND = 1.4
/** From the agent to us. */
const ON_THE_WAY_US = 3_000
/** The main thread answers requests in between. */
const FRAMES_AT_ONCE = 100
const PAUSE_MS = 5

export class DemoTraffic {
  readonly #lane: LaneWriter
  readonly #isClosing: () => boolean
  #state: DemoState = { state: 'idle', sent: 0, progress: 0, error: '' }

  constructor(lane: LaneWriter, isClosing: () => boolean) {
    this.#lane = lane
    this.#isClosing = isClosing
  }

  state(): DemoState {
    return this.#state
  }

  start(): void {
    this.#state = { state: 'running', sent: 0, progress: 0, error: '' }
    this.#run().then(
      () => {
        this.#state = { ...this.#state, state: 'done', progress: 1 }
      },
      (error: unknown) => {
        log.error({ err: error }, 'the demo traffic failed')
        const said = error instanceof Error ? error.message : String(error)
        this.#state = { ...this.#state, state: 'failed', error: said }
      },
    )
  }

  async #run(): Promise<void> {
    const startUs = Date.now() * 1000 - HOUR_US
    const traffic = generateTraffic({
      ...{ seed: Date.now() % 1_000_000, startsPerSecond: STARTS_PER_SECOND, startUs },
      captureNode: DEMO_NODE,
    })
    let sent = 0
    for (const { offsetUs, packet } of traffic) {
      if (offsetUs >= HOUR_US) break
      this.#append(encodeHep(packet), startUs + offsetUs + ON_THE_WAY_US)
      sent += 1
      if (sent % FRAMES_AT_ONCE !== 0) continue
      this.#state = { state: 'running', sent, progress: offsetUs / HOUR_US, error: '' }
      await sleep(PAUSE_MS)
    }
    await this.#lane.sync()
    this.#state = { ...this.#state, sent }
  }

  #append(bytes: Buffer, receivedUs: number): void {
    if (this.#isClosing()) throw new Error('the node is shutting down')
    const frame = { receivedUs, transport: 'http', peerIp: '127.0.0.1', peerPort: 0 } as const
    const result = this.#lane.append({ ...frame, bytes })
    if (result !== 'appended') throw new Error(`the spool takes no more: ${result}`)
  }
}
