// When a lane is synced, and which frames may not be safe. A position counts frames accepted since
// the writer began and never goes back: whoever asks for safety asks about a span of it.
//
// A failed sync leaves everything accepted so far in doubt. Those frames may still be read back, so
// the ledger keeps them; if they cannot, the reader counts the gap.
import { log } from '#log'
import type { LaneLog } from './lane-log.ts'

const RUNNING_MAX = 4 // background syncs at once; more would not help a disk slower than this

export interface LaneSyncParts {
  readonly lane: string
  readonly laneLog: LaneLog
  readonly syncMs: number
  readonly now: () => number
}

export class LaneSync {
  /** Frames accepted so far. */
  position = 0
  readonly #parts: LaneSyncParts
  #unsafeUpTo = 0
  #beganMs: number
  #running = 0
  #failing = false

  constructor(parts: LaneSyncParts) {
    this.#parts = parts
    this.#beganMs = parts.now()
  }

  /** Starts a sync nobody waits for when the last one began long enough ago. */
  startIfDue(): void {
    const { laneLog, syncMs, now } = this.#parts
    if (!laneLog.isUnsynced || this.#running >= RUNNING_MAX || now() - this.#beganMs < syncMs)
      return
    this.#running++
    this.#beganMs = now()
    void this.#watch(laneLog.syncNow()).then(() => this.#running--)
  }

  /** Resolves when what was written before is on the disk, or known to be in doubt. */
  async sync(): Promise<void> {
    this.#beganMs = this.#parts.now()
    await this.#watch(this.#parts.laneLog.sync())
  }

  /** Everything accepted so far may not be safe. */
  doubt(): void {
    this.#unsafeUpTo = this.position
  }

  isDoubtfulAfter(position: number): boolean {
    return this.#unsafeUpTo > position
  }

  async #watch(sync: Promise<void>): Promise<void> {
    const { lane } = this.#parts
    try {
      await sync
      if (this.#failing) log.info({ room: 'spool', lane }, 'the disk syncs the spool again')
      this.#failing = false
    } catch (error) {
      this.doubt()
      if (!this.#failing) {
        log.error({ room: 'spool', lane, err: error }, 'the disk failed to sync the spool')
      }
      this.#failing = true
    }
  }
}
