// Bytes of a stream that belong to no sound frame, gathered into one report until something sound
// follows. Only their start is kept; an endless run is reported in pieces of SKIPPED_BYTES_MAX, so
// that the caller's error budget notices it.
import { notHepInStream } from './fault.ts'
import { FRAME_BYTES_MAX, type MalformedHep } from './packet.ts'

/** Enough to see a frame's head, its chunks and most of a SIP message. */
export const SKIPPED_KEPT_BYTES = 4_096
const SKIPPED_BYTES_MAX = FRAME_BYTES_MAX

type Report = (fault: MalformedHep, bytes: Buffer, skippedBytes: number) => void

export class SkippedRun {
  readonly #report: Report
  #fault: MalformedHep | undefined
  #kept: Buffer | undefined
  #skippedBytes = 0

  constructor(report: Report) {
    this.#report = report
  }

  /** A candidate that turned out false begins here; without this a run is simply not HEP. */
  begin(fault: MalformedHep): void {
    this.flush()
    this.#fault = fault
  }

  /** Adds data[from, to). */
  add(data: Buffer, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const end = Math.min(to, at + SKIPPED_BYTES_MAX - this.#skippedBytes)
      if (this.#skippedBytes < SKIPPED_KEPT_BYTES) this.#keep(data, at, end)
      this.#skippedBytes += end - at
      at = end
      if (this.#skippedBytes === SKIPPED_BYTES_MAX) this.flush()
    }
  }

  /** Reports the run so far, if there is one. */
  flush(): void {
    if (this.#skippedBytes === 0) return
    const bytes = this.#kept!.subarray(0, Math.min(this.#skippedBytes, SKIPPED_KEPT_BYTES))
    const fault = this.#fault ?? notHepInStream(bytes)
    const skippedBytes = this.#skippedBytes
    this.#fault = undefined
    this.#kept = undefined // the report owns it now
    this.#skippedBytes = 0
    this.#report(fault, bytes, skippedBytes)
  }

  #keep(data: Buffer, from: number, to: number): void {
    this.#kept ??= Buffer.allocUnsafe(SKIPPED_KEPT_BYTES)
    data.copy(this.#kept, this.#skippedBytes, from, to) // copies what fits
  }
}
