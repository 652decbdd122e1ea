// What intake needs of the spool, and all it knows of it. A spool lane satisfies it; main.ts or the
// lane's thread hands one in.

import type { MalformedHep } from '#hep'
import type { LaneLedger } from '#ledger'
import type { AppendResult, IncomingFrame } from '#spool'

/** Where frames go. It copies the bytes before a method returns, and counts in its ledger itself. */
export interface FrameLog {
  readonly ledger: LaneLedger
  /** True when an `append` now might not be kept: stream senders wait, UDP is counted as dropped. */
  readonly isFull: boolean
  append(frame: IncomingFrame): AppendResult
  quarantine(frame: IncomingFrame, malformed: MalformedHep): void
  /** Rises with every frame accepted. */
  readonly position: number
  /** Resolves when every frame accepted after `since` is on the disk; rejects when one may not be. */
  sync(since?: number): Promise<void>
}
