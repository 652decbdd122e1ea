// What a node tells relays that wait until their frames are in the database (relay.until): how many frames
// of the lane that POST /hep writes the store has passed.
import type { LaneProgress } from '#intake'
import type { Spool } from '#spool'

const ASKED_MS = 2_000
const LINGER_MS = 600 // relays ask every 200 ms

export class StoreProgress {
  readonly #spool: Spool
  #askedMs = Number.NEGATIVE_INFINITY
  #isAllSafe = false

  constructor(spool: Spool) {
    this.#spool = spool
  }

  /** Answers a relay. */
  tell(): LaneProgress {
    this.#askedMs = performance.now()
    const lane = this.#spool.usage().lanes.find((each) => each.lane === 'http')
    const passedFrames = this.#isAllSafe ? Number.MAX_SAFE_INTEGER : (lane?.passedFrames ?? 0)
    return { spool: this.#spool.id, passedFrames }
  }

  /**
   * Everything is stored, or handed over to be: relays that wait are given the time to hear so. Nobody
   * else could tell them once this node has gone.
   */
  async lastWord(): Promise<void> {
    this.#isAllSafe = true
    if (performance.now() - this.#askedMs < ASKED_MS) await Bun.sleep(LINGER_MS)
  }
}
