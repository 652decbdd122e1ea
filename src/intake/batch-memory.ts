// Which batches of which relay were taken, so that one sent again after its answer was lost is not
// taken again: the other half of exactly once (docs/decisions/0016).
//
// A relay numbers its batches within a stream, which is one run of one destination of one relay, and
// says with each the lowest number it may still send: the floor. What is below is forgotten.
//
//   header   calliope-batch: STREAM NUMBER FLOOR       STREAM is 1 to 64 of A-Z a-z 0-9 . _ -
//
// On disk, beside the spool, one line before the frames of a batch go into the lane and one behind:
//
//   b STREAM NUMBER FLOOR 51200         the lane held 51,200 frames; those of this batch come next
//   e STREAM NUMBER 350                 … and were 350
//
// A batch goes in without a pause, so its frames stand side by side in the lane. The lane knows after
// any crash how many frames it holds; so what is left of a batch is known to the frame, and only the
// rest is taken when it is sent again:
//
//   lane   ───────────────┬────────────┬─ ─ ─          kept = min(frames in the lane − 51,200, 350)
//                      51,200       51,437 when it was killed: 237 of 350 are kept
//
// A power failure may take lines that were not yet on the disk, beside frames that were: what was under
// way then may be taken twice. A file that cannot be written or read is reported, and costs the same.
import { closeSync, fdatasync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { log } from '#log'

const STREAMS_MAX = 4_096
const BATCHES_MAX = 65_536
const FILE_BYTES_MAX = 4 * 1024 * 1024
const HEADER = /^([A-Za-z0-9._-]{1,64}) (\d{1,15}) (\d{1,15})$/

/** The batch a request says it is. */
export interface BatchId {
  readonly stream: string
  readonly number: number
  /** The relay sends no number below this again. */
  readonly floor: number
}

/** Reads the header; undefined when it is none. */
export function parseBatchId(header: string): BatchId | undefined {
  const [, stream, number, floor] = HEADER.exec(header) ?? []
  return stream ? { stream, number: Number(number), floor: Number(floor) } : undefined
}

interface Taken {
  /** Frames of the lane before it. */
  readonly start: number
  /** What of it the lane has. */
  kept: number
  /** The lane's position before it, when this process took it. */
  since?: number
}

/** Batches of every relay that may come again. */
export class BatchMemory {
  readonly #path: string | undefined
  readonly #streams = new Map<string, Map<number, Taken>>()
  #fd: number | undefined
  #bytes = 0
  #batches = 0

  /**
   * `framesInLane` as the lane was found; Infinity: it is a new lane, and all that the one before it took
   * was handed over. Without a path nothing outlives the process.
   */
  constructor(path: string | undefined, framesInLane: number) {
    this.#path = path
    if (path === undefined) return
    this.#read(path, framesInLane)
    this.#rewrite()
  }

  /** Frames of this batch that the lane has, counted from its first; undefined when it is new. */
  keptOf({ stream, number }: BatchId): number | undefined {
    return this.#streams.get(stream)?.get(number)?.kept
  }

  /**
   * The frames of a batch come next, behind so many of the lane; `position` is the lane's. Returns the
   * position from which on frames of this batch may have to be synced.
   */
  begin(id: BatchId, framesInLane: number, position: number): number {
    this.#forget(id.stream, id.floor)
    const known = this.#streams.get(id.stream)?.get(id.number)
    const kept = known?.kept ?? 0
    const since = kept > 0 ? Math.min(known?.since ?? position, position) : position
    // One that was kept in part goes on here: as if it stood here whole.
    this.#remember(id, { start: framesInLane - kept, kept, since })
    this.#write(`b ${id.stream} ${id.number} ${id.floor} ${framesInLane - kept}\n`)
    return since
  }

  /** So many frames of it are in the lane now. */
  end({ stream, number }: BatchId, kept: number): void {
    const taken = this.#streams.get(stream)?.get(number)
    if (taken) taken.kept = kept
    this.#write(`e ${stream} ${number} ${kept}\n`)
  }

  /** Resolves when every line written before is on the disk, or the disk said no. */
  sync(): Promise<void> {
    const fd = this.#fd
    if (fd === undefined) return Promise.resolve()
    return new Promise((resolve) => fdatasync(fd, () => resolve()))
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #remember({ stream, number }: BatchId, taken: Taken): void {
    let batches = this.#streams.get(stream)
    if (batches) this.#streams.delete(stream) // and behind all others: the longest silent goes first
    batches ??= new Map()
    this.#streams.set(stream, batches)
    if (!batches.has(number)) this.#batches++
    batches.set(number, taken)
    while (this.#streams.size > STREAMS_MAX || this.#batches > BATCHES_MAX) this.#forgetOldest()
  }

  #forget(stream: string, floor: number): void {
    const batches = this.#streams.get(stream)
    if (!batches) return
    for (const number of batches.keys()) {
      if (number < floor && batches.delete(number)) this.#batches--
    }
  }

  #forgetOldest(): void {
    const [stream, batches] = this.#streams.entries().next().value!
    this.#batches -= batches.size
    this.#streams.delete(stream)
  }

  #write(line: string): void {
    if (this.#fd === undefined) return
    try {
      this.#bytes += writeSync(this.#fd, line)
      if (this.#bytes > FILE_BYTES_MAX) this.#rewrite()
    } catch (error) {
      log.warn({ room: 'intake', file: this.#path, err: error }, 'cannot note a batch of a relay')
    }
  }

  #read(path: string, framesInLane: number): void {
    for (const line of linesOf(path)) {
      const [sign, stream = '', number, a, b] = line.split(' ')
      const id = { stream, number: Number(number), floor: Number(a) }
      if (sign === 'b' && b !== undefined) {
        this.#forget(stream, id.floor)
        this.#remember(id, { start: Number(b), kept: framesInLane - Number(b) })
      } else if (sign === 'e' && a !== undefined) {
        const taken = this.#streams.get(stream)?.get(id.number)
        if (taken) taken.kept = Math.min(framesInLane - taken.start, Number(a))
      }
    }
    for (const batches of this.#streams.values()) {
      for (const taken of batches.values()) {
        taken.kept = Number.isFinite(taken.kept) ? Math.max(0, taken.kept) : 0
        // As if it stood before the new lane's first frame.
        if (framesInLane === Number.POSITIVE_INFINITY) Object.assign(taken, { start: -taken.kept })
      }
    }
  }

  // The file anew with what is known: beside the old one, then in its place.
  #rewrite(): void {
    const path = this.#path!
    try {
      const fd = openSync(`${path}.new`, 'w', 0o640)
      this.#bytes = writeSync(fd, this.#text() || '\n')
      renameSync(`${path}.new`, path)
      this.close()
      this.#fd = fd
    } catch (error) {
      log.warn({ room: 'intake', file: path, err: error }, 'cannot keep the batches of relays')
    }
  }

  #text(): string {
    return [...this.#streams]
      .flatMap(([stream, batches]) =>
        [...batches].map(
          ([number, { start, kept }]) =>
            `b ${stream} ${number} 0 ${start}\ne ${stream} ${number} ${kept}\n`,
        ),
      )
      .join('')
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ room: 'intake', file: path, err: error }, 'cannot read the batches of relays')
    return []
  }
}
