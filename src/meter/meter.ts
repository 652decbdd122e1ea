// The meter: a reader of the spool that only counts. It has a cursor of its own, the mark that it leaves in each
// lane, and goes at its own pace: whoever stores does not wait for it, and the disk is not filled for it.
//
//   lanes ─▶ chunk ─▶ frame-meter ─▶ tables ──(asked by Prometheus)──▶ main thread
//                └─ too many wait: passed over, and counted as lost to the metrics
//
// Counts begin at 0 with the process, as Prometheus expects them to. The cursor stays, so that what came while
// the process was away is counted when it is back. A lane that was never read is counted from when the meter
// began: what lies there from before it was switched on is not traffic of now.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pause } from '#backoff'
import { type Filter, type FilterOptions, openFilter } from '#filter'
import {
  type Chunk,
  type Cursor,
  type LaneReader,
  listLanes,
  openReader,
  readerCursor,
  spoolUsage,
} from '#spool'
import { FrameMeter } from './frame-meter.ts'
import { MeterSignals } from './meter-signals.ts'
import { printTables, sizeOf } from './tables.ts'

/** Everything the meter needs, as it can be sent to a thread. */
export interface MeterOptions {
  readonly spoolDirectory: string
  /** What the operator wants done to packets, as the store does it. */
  readonly filter: FilterOptions
  /** Hosts to tell apart, each 'ADDRESS=NAME'. @default none */
  readonly targets?: readonly string[]
  /** Frames of unknown lanes from before this are not counted, µs since 1970. @default 0 */
  readonly sinceUs?: number
  /** More than this does not wait: it is passed over. @default 256 MiB */
  readonly behindBytesMax?: number
  /** For MeterSignals. */
  readonly signals?: SharedArrayBuffer
}

/** The name of its marks in the spool. */
export const METER_READER = 'meter'

/** @default of `behindBytesMax` */
export const BEHIND_BYTES_MAX = 256 * 2 ** 20
const CHUNK_BYTES_MAX = (512 + 32) * 1024
const LOOK_MS = 1_000
const IDLE_MS = 50
/** The engine is asked to tidy up after so much was read; see the store's heap limit. */
const TIDY_BYTES = 32 * 2 ** 20

interface Lane {
  readonly reader: LaneReader
  /** Of a lane without a mark: frames from before are old. */
  readonly sinceUs: number
  marked: Cursor | undefined
}

export class Meter {
  readonly #options: MeterOptions
  readonly #signals: MeterSignals
  readonly #frames: FrameMeter
  readonly #filter: Filter
  readonly #lanes = new Map<string, Lane>()
  readonly #room = Buffer.allocUnsafeSlow(CHUNK_BYTES_MAX)
  readonly #caughtUp = Promise.withResolvers<void>()
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #isPassingOver = false
  #untidyBytes = 0

  private constructor(options: MeterOptions, filter: Filter) {
    this.#options = options
    this.#filter = filter
    this.#signals = new MeterSignals(options.signals)
    this.#frames = new FrameMeter(filter)
    this.#frames.setTargets(options.targets ?? [])
  }

  /** Rejects where the filter cannot be had, saying why. */
  static async open(options: MeterOptions): Promise<Meter> {
    // What scripts print, the store's filter has printed already.
    return new Meter(options, await openFilter(options.filter, { listener: () => {} }))
  }

  /** Counts until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#look()
      const hasRead = this.#readOnce()
      if (!hasRead) this.#caughtUp.resolve()
      await (hasRead ? nextTurn() : pause(IDLE_MS, signal))
    }
    this.#tell()
    for (const { reader } of this.#lanes.values()) reader.close()
    this.#filter.close()
  }

  /** All values, as JSON of SentTables. */
  print(): string {
    return printTables(this.#frames.tables)
  }

  setTargets(targets: readonly string[]): void {
    this.#frames.setTargets(targets)
  }

  /** Rejects when the options cannot be taken; then the old ones hold. */
  async setFilter(options: FilterOptions): Promise<void> {
    await this.#filter.change(options)
  }

  /** Resolves when it has once found nothing more to read. */
  caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  /** A chunk of every lane that has one; false when none has. */
  #readOnce(): boolean {
    let hasRead = false
    for (const [name, lane] of this.#lanes) {
      const chunk = lane.reader.read({ bytesMax: CHUNK_BYTES_MAX, into: this.#room })
      if (chunk === undefined) continue
      hasRead = true
      this.#signals.add('lost', chunk.lostFrames)
      if (this.#isPassingOver) this.#signals.add('lost', chunk.frames)
      else this.#count(name, lane, chunk)
    }
    return hasRead
  }

  #count(name: string, { sinceUs }: Lane, chunk: Chunk): void {
    const walk = chunk.walk()
    let number = chunk.next.records - chunk.frames
    let counted = 0
    while (walk.next()) {
      if (walk.kind !== 'frame') continue
      number += 1
      // What is imported was traffic of another time and another server.
      if (walk.receivedUs < sinceUs || walk.transport === 'import') continue
      this.#frames.add(walk, name, number)
      counted += 1
    }
    this.#signals.add('frames', counted)
    this.#tidy(walk.bytes.length)
  }

  /** Once a second: new lanes, marks, how far behind. */
  #look(): void {
    const now = performance.now()
    if (now - this.#lookedAtMs < LOOK_MS) return
    this.#lookedAtMs = now
    this.#openLanes()
    this.#tell()
  }

  #tell(): void {
    this.#mark()
    const { spoolDirectory, behindBytesMax = BEHIND_BYTES_MAX } = this.#options
    const usage = spoolUsage(spoolDirectory, undefined, [METER_READER])
    this.#isPassingOver = usage.backlogBytes > behindBytesMax / (this.#isPassingOver ? 2 : 1)
    const { series, refused } = sizeOf(this.#frames.tables)
    this.#signals.set('lagSeconds', usage.oldestUnreadAgeSeconds)
    this.#signals.set('series', series)
    this.#signals.set('refused', refused)
  }

  #openLanes(): void {
    const { spoolDirectory: directory, sinceUs = 0 } = this.#options
    for (const lane of listLanes(directory)) {
      if (this.#lanes.has(lane)) continue
      const from = readerCursor(directory, lane, METER_READER)
      const reader = openReader({ directory, lane, ...(from ? { from } : {}) })
      this.#lanes.set(lane, { reader, sinceUs: from ? 0 : sinceUs, marked: from })
    }
  }

  #mark(): void {
    for (const lane of this.#lanes.values()) {
      const { cursor } = lane.reader
      if (cursor.file === 0 || cursor === lane.marked) continue
      lane.reader.release(METER_READER, cursor)
      lane.marked = cursor
    }
  }

  #tidy(bytes: number): void {
    this.#untidyBytes += bytes
    if (this.#untidyBytes < TIDY_BYTES) return
    this.#untidyBytes = 0
    Bun.gc(true)
  }
}
