// The way of one parcel, from being dealt to being settled:
//
//            ┌────── target takes no work: dealt anew among those that do ◀──────┐
//   dealt ─▶ waits for its turn ─▶ sent ─┬─ taken ──────────────────▶ settled    │ refused: what was not
//                    ▲                   ├─ permanent: dropped ─────▶ settled    │ taken of it
//                    │                   ├───────────────────────────────────────┘
//                    └─ target is back ◀─┴─ unknown: in doubt
//                                             └─ for longer than doubtMs: dealt anew, perhaps twice there
//
// A parcel in doubt goes back to the very target that may have it, under the number it had, for only there
// can it be recognised. Its bytes are let go of meanwhile: the spool has them.

import { pause } from '#backoff'
import { log as rootLog } from '#log'
import type { Cargo } from './cargo.ts'
import { dealCargo } from './deal.ts'
import type { Journal } from './journal.ts'
import type { OpenParcel, Outcome } from './journal-state.ts'
import { type Outlet, OutletError, type Parcel, type Receipt } from './outlet.ts'
import { SpreadTable } from './spread-table.ts'
import type { Target } from './target.ts'
import type { Targets } from './targets.ts'

const log = rootLog.child({ room: 'relay' })

export interface DeliveryParts {
  readonly name: string
  /** The spool's id. */
  readonly spool: string
  readonly outlet: Outlet
  readonly targets: Targets
  readonly journal: Journal
  readonly doubtMs: number
  readonly signal: AbortSignal
}

/** What happened, since the process began. */
export interface Tally {
  sends: number
  /** Sends that did not end with everything settled. */
  retries: number
  /** Frames dealt to another target than the first. */
  movedFrames: number
  /** Frames sent elsewhere though they may have been taken: no more than these are there twice. */
  doubtfulFrames: number
}

const LOOK_MS = 250

/** A parcel on its way. */
interface Trip {
  readonly open: OpenParcel
  readonly cargo: Cargo
  /** When it became possible that its target has it. */
  doubtSinceMs: number | undefined
  readonly giveUp: AbortController
  readonly oldestUs: number
}

export class Delivery {
  readonly tally: Tally = { sends: 0, retries: 0, movedFrames: 0, doubtfulFrames: 0 }
  readonly #parts: DeliveryParts
  readonly #trips = new Map<number, Trip>()
  readonly #running = new Set<Promise<void>>()

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Delivers a parcel that was never sent. */
  begin(open: OpenParcel, cargo: Cargo): void {
    this.#start(open, cargo, undefined)
  }

  /** Delivers one that was under way when the last run ended: its target may have it. */
  resume(open: OpenParcel, cargo: Cargo): void {
    this.#start(open, cargo, performance.now())
  }

  /** Drops what is under way of a lane before this file. */
  giveUp(lane: string, file: number): void {
    for (const { cargo, giveUp } of this.#trips.values())
      if (cargo.place.lane === lane && cargo.place.next.file < file) giveUp.abort()
  }

  /** Resolves when nothing is under way any more; that is soon after the signal. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** When the oldest frame under way reached the relay, µs since 1970; undefined when none is. */
  get oldestUs(): number | undefined {
    let oldestUs: number | undefined
    for (const trip of this.#trips.values())
      oldestUs = Math.min(oldestUs ?? trip.oldestUs, trip.oldestUs)
    return oldestUs
  }

  #start(open: OpenParcel, cargo: Cargo, doubtSinceMs: number | undefined): void {
    const { oldestUs } = cargo
    const trip = { open, cargo, doubtSinceMs, giveUp: new AbortController(), oldestUs }
    this.#trips.set(open.number, trip)
    const running = this.#travel(trip).catch((error: unknown) => {
      log.fatal({ err: error, destination: this.#parts.name }, 'a parcel was lost sight of')
    })
    this.#running.add(running)
    void running.finally(() => {
      this.#running.delete(running)
      this.#trips.delete(open.number)
    })
  }

  async #travel(trip: Trip): Promise<void> {
    const hands = new Hands(trip.cargo)
    // In doubt from the start: it is read again when its turn comes.
    if (trip.doubtSinceMs === undefined) hands.hold()
    try {
      while (!this.#parts.signal.aborted && !(await this.#step(trip, hands)));
    } finally {
      hands.letGo()
    }
  }

  /** One try, or one wait; true when the parcel is settled or others have its frames. */
  async #step(trip: Trip, hands: Hands): Promise<boolean> {
    const { targets } = this.#parts
    if (trip.giveUp.signal.aborted)
      return this.#settle(trip, { dropped: { backlog: trip.open.frames } })
    const target = targets.get(trip.open.target)
    if (target?.isUsable) return this.#try(trip, target, hands)
    if (trip.doubtSinceMs !== undefined && this.#mayWait(trip.doubtSinceMs)) hands.letGo()
    else if (targets.table) return this.#dealAnew(trip, {}, 0, hands)
    const woken = AbortSignal.any([this.#parts.signal, trip.giveUp.signal])
    await Promise.race([targets.whenChanged(), pause(LOOK_MS, woken)])
    return false
  }

  #mayWait(sinceMs: number): boolean {
    return performance.now() - sinceMs < this.#parts.doubtMs
  }

  async #try(trip: Trip, target: Target, hands: Hands): Promise<boolean> {
    const turn = await target.enter()
    if (turn === undefined) return false
    let sent: Receipt | boolean
    try {
      hands.hold()
      if (!trip.cargo.isWhole)
        return this.#settle(trip, { dropped: { spool_damaged: trip.open.frames } })
      sent = await this.#send(trip, target, hands)
    } finally {
      target.leave(turn)
    }
    return typeof sent === 'boolean' ? sent : this.#confirm(trip, sent, hands)
  }

  /** Settles at once, or when the outlet says so; meanwhile the frames take neither memory nor a turn. */
  async #confirm(trip: Trip, receipt: Receipt, hands: Hands): Promise<boolean> {
    const { confirmed, ...outcome } = receipt
    if (confirmed !== undefined) {
      hands.letGo()
      const over = Promise.withResolvers<boolean>()
      const woken = AbortSignal.any([this.#parts.signal, trip.giveUp.signal])
      woken.addEventListener('abort', () => over.resolve(false))
      const isThere = await Promise.race([confirmed, over.promise])
      if (woken.aborted) return false
      if (!isThere) return this.#sendAgain(trip)
    }
    return this.#settle(trip, outcome)
  }

  // What was waited for did not come: from here on it is as if it had never been sent, but for the count.
  #sendAgain(trip: Trip): boolean {
    this.tally.retries++
    this.tally.doubtfulFrames += trip.open.frames
    trip.doubtSinceMs = undefined
    return false
  }

  async #send(trip: Trip, target: Target, hands: Hands): Promise<Receipt | boolean> {
    const { outlet, targets, signal } = this.#parts
    const { tally } = this
    const parcel = this.#parcelOf(trip)
    tally.sends++
    try {
      const woken = AbortSignal.any([signal, trip.giveUp.signal])
      const receipt = await outlet.send(parcel, target.name, woken)
      targets.succeed(target, trip.open.frames)
      return receipt
    } catch (error) {
      if (signal.aborted || trip.giveUp.signal.aborted) return false
      tally.retries++
      return this.#recover(trip, target, error, hands)
    }
  }

  #recover(trip: Trip, target: Target, error: unknown, hands: Hands): boolean {
    const { targets, name } = this.#parts
    const trouble = error instanceof OutletError ? error.trouble : ({ kind: 'unknown' } as const)
    const why = error instanceof Error ? error.message : String(error)
    if (trouble.kind === 'permanent') {
      log.error(
        { destination: name, target: target.name, frames: trip.open.frames, why },
        'refused for good',
      )
      return this.#settle(trip, { dropped: { refused: trip.open.frames } })
    }
    if (!(error instanceof OutletError))
      log.warn({ destination: name, err: error }, 'a send failed')
    targets.fail(target, why, trouble.kind === 'refused' ? trouble.retryAfterMs : 0)
    if (trouble.kind === 'unknown') trip.doubtSinceMs ??= performance.now()
    // Not taken now says nothing of the time before.
    const isInDoubt =
      trip.doubtSinceMs !== undefined && !(trouble.kind === 'refused' && trouble.isCertain)
    if (trouble.kind === 'unknown' || isInDoubt) return false
    trip.doubtSinceMs = undefined
    const { taken = 0, rejected = 0 } = trouble.first ?? {}
    if (taken + rejected === 0) return false
    return this.#dealAnew(trip, { taken, rejected }, taken + rejected, hands)
  }

  /** What is left of it goes to whoever takes work; to nobody yet: it stays what it is. */
  #dealAnew(trip: Trip, outcome: Outcome, skip: number, hands: Hands): boolean {
    const { targets, journal } = this.#parts
    const { open, cargo } = trip
    if (skip >= open.frames) return this.#settle(trip, outcome)
    const table = targets.table ?? new SpreadTable([open.target])
    hands.hold()
    if (!cargo.isWhole) return this.#settle(trip, { dropped: { spool_damaged: open.frames } })
    const deal = dealCargo(cargo, table, journal.state.number, { picks: open.picks, skip })
    this.tally.movedFrames += open.frames - skip
    if (trip.doubtSinceMs !== undefined) {
      this.tally.doubtfulFrames += open.frames
      const { name } = this.#parts
      log.warn(
        { destination: name, target: open.target, frames: open.frames },
        'frames that a target may have go to others, for it has not come back',
      )
    }
    journal.add({ kind: 'deal', of: open.number, outcome, deal })
    for (const { number } of deal) this.begin(journal.state.parcels.get(number)!, cargo)
    return true
  }

  #settle({ open }: Trip, outcome: Outcome): boolean {
    this.#parts.journal.add({ kind: 'done', number: open.number, outcome })
    return true
  }

  #parcelOf({ open, cargo }: Trip): Parcel {
    const { picks, frames, stream, number } = open
    return {
      id: { stream, number, floor: this.#floorOf(stream) },
      frames,
      place: { spool: this.#parts.spool, lane: cargo.place.lane, file: cargo.place.next.file },
      walk: () => cargo.walk(picks),
    }
  }

  // Numbers rise as parcels are dealt, so of this run the first that is open has the lowest.
  #floorOf(stream: string): number {
    const { journal } = this.#parts
    let floor = Number.POSITIVE_INFINITY
    for (const parcel of journal.state.parcels.values()) {
      if (parcel.stream !== stream) continue
      floor = Math.min(floor, parcel.number)
      if (stream === journal.stream) break
    }
    return floor
  }
}

/** A hold on a cargo that can be let go of more than once. */
class Hands {
  readonly #cargo: Cargo
  #holds = false

  constructor(cargo: Cargo) {
    this.#cargo = cargo
  }

  hold(): void {
    if (this.#holds) return
    this.#cargo.hold()
    this.#holds = true
  }

  letGo(): void {
    if (!this.#holds) return
    this.#holds = false
    this.#cargo.letGo()
  }
}
