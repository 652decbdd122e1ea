// Carries what the spool holds to one destination, for as long as it is let. Each destination has a
// carrier of its own, with its own cursor, memory and troubles: none holds up another.
//
//   lanes ─▶ read a cargo ─▶ deal it into parcels ─▶ journal ─▶ deliver each ─▶ journal ─▶ cursor
//                              by call, over the          many at once, each in
//                              targets that are up        its own time (delivery.ts)
//
// It reads on while inFlightBytes last. A lane that gave all rests for batchWaitMs: few, fuller parcels.
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pause } from '#backoff'
import { log as rootLog } from '#log'
import { type Chunk, type Cursor, type LaneReader, listLanes, openReader } from '#spool'
import { BufferPool, Cargo } from './cargo.ts'
import { dealCargo } from './deal.ts'
import { Delivery } from './delivery.ts'
import { Journal } from './journal.ts'
import type { Cut, Outcome } from './journal-state.ts'
import { backlogBytes, furthestBehind, nextFile } from './lane-backlog.ts'
import type { Outlet } from './outlet.ts'
import type { Targets } from './targets.ts'

const log = rootLog.child({ room: 'relay' })

export interface CarrierOptions {
  /** Names the cursor: 1 to 63 of a-z, 0-9 and '-'. */
  readonly name: string
  readonly outlet: Outlet
  readonly targets: Targets
  readonly spool: { readonly id: string; readonly directory: string }
  /** Where journals are kept. */
  readonly directory: string
  /** Memory for frames under way. @default 32 MiB */
  readonly inFlightBytes?: number
  /** @default 200 */
  readonly batchWaitMs?: number
  /** How long a parcel that may have been taken waits for its target. @default 60000 */
  readonly doubtMs?: number
  /** Further behind than this the oldest are given up; 0 = never. @default 0 */
  readonly backlogBytesMax?: number
}

const CARGO_BYTES = 1024 * 1024
const PARCELS_MAX = 20_000 // that wait for an answer; the journal has a line of each
const IDLE_MS = 20
const MARK_MS = 250
const LANES_LOOK_MS = 250
const BACKLOG_LOOK_MS = 250
const TROUBLE_MS = 1_000

interface OpenLane {
  readonly reader: LaneReader
  /** Left alone until then. */
  readAtMs: number
  /** What is missing before the next cargo was given up, not damaged. */
  readonly gaveUp?: boolean
}

export class Carrier {
  readonly name: string
  readonly targets: Targets
  readonly #options: CarrierOptions
  readonly #journal: Journal
  readonly #pool: BufferPool
  readonly #delivery: Delivery
  readonly #lanes = new Map<string, OpenLane>()
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #drained: PromiseWithResolvers<void> | undefined
  #shippingUs: number | undefined
  #lookedMs = Number.NEGATIVE_INFINITY
  #markedMs = 0
  #backlogMs = 0

  constructor(options: CarrierOptions) {
    const { name, outlet, targets, spool, directory, inFlightBytes = 32 * 2 ** 20 } = options
    this.#options = options
    this.name = name
    this.targets = targets
    this.#journal = new Journal(join(directory, `${name}.journal`), spool.id)
    this.#pool = new BufferPool(CARGO_BYTES, Math.max(2, Math.floor(inFlightBytes / CARGO_BYTES)))
    this.#delivery = new Delivery({
      ...{ name, outlet, targets, journal: this.#journal, signal: this.#closing.signal },
      ...{ spool: spool.id, doubtMs: options.doubtMs ?? 60_000 },
    })
  }

  /** Begins: first what was under way when the last run ended. */
  start(): void {
    const cargos = new Map<Cut, Cargo>()
    for (const parcel of this.#journal.state.parcels.values()) {
      const { place } = parcel.cut
      const cargo =
        cargos.get(parcel.cut) ?? new Cargo(this.#options.spool.directory, place, this.#pool)
      cargos.set(parcel.cut, cargo)
      this.#delivery.resume(parcel, cargo)
    }
    this.#running = this.#run()
  }

  /** Resolves when everything the spool holds by now is carried; goes on nevertheless. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>()
    return this.#drained.promise
  }

  /** Stops where it is; the journal knows where that is. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.targets.close()
    await this.#running
    await this.#delivery.settled()
    this.#release()
    for (const { reader } of this.#lanes.values()) reader.close()
    this.#lanes.clear()
    await this.#options.outlet.close()
    this.#journal.close()
  }

  /** What became of the frames of every lane; `passed` is what the counts must add up to. */
  counts() {
    const { counts, lanes, settledAhead } = this.#journal.state
    const passed = [...lanes.values()].reduce((sum, lane) => sum + lane.passed.records, 0)
    return { ...counts, settled: passed + settledAhead }
  }

  /** How it goes, for metrics. */
  status() {
    const { parcels, lanes } = this.#journal.state
    const { directory } = this.#options.spool
    return {
      ...this.#delivery.tally,
      parcelsOpen: parcels.size,
      memoryBytes: this.#pool.bytesHeld,
      backlogBytes: backlogBytes(directory, lanes),
      lagSeconds: this.#lagSeconds(),
    }
  }

  // Age of the oldest frame that was read and is not settled; what is not read yet is younger.
  #lagSeconds(): number {
    const oldestUs = Math.min(this.#delivery.oldestUs ?? Infinity, this.#shippingUs ?? Infinity)
    return Number.isFinite(oldestUs) ? Math.max(0, Date.now() * 1_000 - oldestUs) / 1e6 : 0
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const wasDraining = this.#drained !== undefined
      const hasRead = await this.#turn()
      if (hasRead) await nextTurn()
      else if (wasDraining && this.#journal.state.parcels.size === 0) this.#finish()
      else await pause(IDLE_MS, signal)
    }
  }

  // A disk that fails may be well again.
  async #turn(): Promise<boolean> {
    try {
      this.#openLanes()
      const hasRead = await this.#readAll()
      this.#tend()
      return hasRead
    } catch (error) {
      log.error({ destination: this.name, err: error }, 'the spool cannot be read; trying again')
      await pause(TROUBLE_MS, this.#closing.signal)
      return true
    }
  }

  #finish(): void {
    this.#release()
    this.#drained?.resolve()
    this.#drained = undefined
  }

  // One cargo of every lane that is due.
  async #readAll(): Promise<boolean> {
    let hasRead = false
    for (const [name, lane] of this.#lanes) {
      if (this.#closing.signal.aborted) return false
      if (performance.now() < lane.readAtMs && !this.#drained) continue
      if (await this.#readOne(name, lane)) hasRead = true
      else lane.readAtMs = performance.now() + (this.#options.batchWaitMs ?? 200)
    }
    return hasRead
  }

  async #readOne(name: string, lane: OpenLane): Promise<boolean> {
    const isFull = this.#journal.state.parcels.size >= PARCELS_MAX
    const buffer = isFull ? undefined : this.#pool.take()
    if (buffer === undefined) {
      await Promise.race([this.#pool.whenFree(), pause(MARK_MS, this.#closing.signal)])
      return true
    }
    const from = lane.reader.cursor
    const chunk = lane.reader.read({ bytesMax: this.#pool.bufferBytes, into: buffer })
    if (chunk) await this.#ship(name, from, chunk, buffer)
    else this.#pool.give(buffer)
    return chunk !== undefined
  }

  async #ship(lane: string, from: Cursor, chunk: Chunk, buffer: Buffer): Promise<void> {
    const { frames, next } = chunk
    const { directory } = this.#options.spool
    const cargo = new Cargo(directory, { lane, from, next, frames }, this.#pool, chunk, buffer)
    cargo.hold()
    this.#shippingUs = cargo.oldestUs
    try {
      while (!this.targets.table && frames > 0) {
        if (this.#closing.signal.aborted) return
        await Promise.race([this.targets.whenChanged(), pause(MARK_MS, this.#closing.signal)])
        this.#tend()
      }
      const deal =
        frames > 0 ? dealCargo(cargo, this.targets.table!, this.#journal.state.number) : []
      this.#journal.add({
        kind: 'cut',
        place: cargo.place,
        lost: this.#lost(lane, from, chunk),
        deal,
      })
      for (const { number } of deal)
        this.#delivery.begin(this.#journal.state.parcels.get(number)!, cargo)
    } finally {
      this.#shippingUs = undefined
      cargo.letGo()
    }
  }

  #lost(lane: string, from: Cursor, { frames, next, lostFrames }: Chunk): Outcome {
    const before = next.records - from.records - frames - lostFrames
    const reason = this.#lanes.get(lane)?.gaveUp ? 'backlog' : 'spool_damaged'
    this.#lanes.set(lane, { ...this.#lanes.get(lane)!, gaveUp: false })
    return {
      ...(before === 0 ? {} : { before }),
      ...(lostFrames > 0 ? { dropped: { [reason]: lostFrames } } : {}),
    }
  }

  #openLanes(): void {
    const now = performance.now()
    if (now - this.#lookedMs < LANES_LOOK_MS && !this.#drained) return
    this.#lookedMs = now
    const { directory } = this.#options.spool
    for (const lane of listLanes(directory)) {
      if (this.#lanes.has(lane)) continue
      const { passed, cuts } = this.#journal.state.laneOf(lane)
      const from = cuts.at(-1)?.place.next ?? passed
      const reader = openReader({ directory, lane, ...(from.file > 0 ? { from } : {}) })
      this.#lanes.set(lane, { reader, readAtMs: 0 })
    }
  }

  #tend(): void {
    const now = performance.now()
    if (now - this.#markedMs >= MARK_MS) {
      this.#markedMs = now
      this.#release()
    }
    if (now - this.#backlogMs < BACKLOG_LOOK_MS) return
    this.#backlogMs = now
    this.#giveUpOldest()
  }

  // The spool deletes a file when every reader is past it, so only the file's number matters to it.
  #release(): void {
    for (const [name, lane] of this.#lanes) {
      const { passed } = this.#journal.state.laneOf(name)
      if (passed.file === 0) continue
      lane.reader.release(this.name, passed)
    }
  }

  // One destination that is away for long must not fill the disk for all: the oldest file of the lane
  // that is furthest behind is given up, what is under way of it included.
  #giveUpOldest(): void {
    const { backlogBytesMax = 0, spool } = this.#options
    const { lanes } = this.#journal.state
    if (backlogBytesMax === 0 || backlogBytes(spool.directory, lanes) <= backlogBytesMax) return
    const name = furthestBehind(spool.directory, lanes)
    const state = this.#journal.state.laneOf(name)
    const lane = this.#lanes.get(name)
    if (!lane) return
    const oldest = state.cuts[0]?.place.next.file ?? lane.reader.cursor.file
    const file = nextFile(spool.directory, name, Math.max(state.passed.file, oldest))
    if (file === undefined) return
    this.#delivery.giveUp(name, file)
    if (lane.reader.cursor.file >= file) return
    const { records } = lane.reader.cursor
    lane.reader.close()
    const from = { file, offset: 0, records }
    const reader = openReader({ directory: spool.directory, lane: name, from })
    this.#lanes.set(name, { reader, readAtMs: 0, gaveUp: true })
    log.error(
      { destination: this.name, lane: name, file },
      'too far behind: the oldest is given up',
    )
  }
}
