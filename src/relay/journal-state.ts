// What a destination has under way and what became of the rest, as its journal tells it: a fold over
// lines. The running carrier applies the same lines as it writes them, so what a restart finds is what
// there was.
//
//   cut    a stretch of a lane was read and dealt into parcels, each with a number and a target
//   deal   a parcel went back, and what was left of it was dealt anew
//   done   a parcel is settled: so many frames taken, rejected, dropped
//
// A lane's cursor passes a cut when all its parcels are settled and so are the cuts before it.
import type { Cursor } from '#spool'
import type { Picks, Place } from './cargo.ts'
import type { RelayDropReason } from './outlet.ts'

export interface Counts {
  taken: number
  rejected: number
  /** Frames the lane had had when this destination began, and went back by after a power failure. */
  before: number
  readonly dropped: Partial<Record<RelayDropReason, number>>
}

/** What a line adds to the counts; fields left out are nothing. */
export type Outcome = Partial<Counts>

export interface OpenParcel {
  readonly number: number
  readonly stream: string
  readonly target: string
  readonly picks: Picks
  readonly frames: number
  readonly cut: Cut
}

export interface Cut {
  readonly place: Place
  /** Its parcels that are not settled. */
  open: number
}

export interface LaneState {
  passed: Cursor
  /** Not passed yet, in order. */
  readonly cuts: Cut[]
}

export type Deal = readonly {
  readonly number: number
  readonly target: string
  readonly picks: Picks
  readonly frames: number
}[]

export type Line =
  | { readonly kind: 'cut'; readonly place: Place; readonly lost: Outcome; readonly deal: Deal }
  | { readonly kind: 'deal'; readonly of: number; readonly outcome: Outcome; readonly deal: Deal }
  | { readonly kind: 'done'; readonly number: number; readonly outcome: Outcome }

export class JournalState {
  readonly counts: Counts = { taken: 0, rejected: 0, before: 0, dropped: {} }
  readonly lanes = new Map<string, LaneState>()
  readonly parcels = new Map<number, OpenParcel>()
  /** The next parcel's. */
  number = 1

  /** Takes a line of a run whose parcels belong to `stream`. */
  apply(line: Line, stream: string): void {
    switch (line.kind) {
      case 'cut':
        this.#cut(line.place, line.lost, line.deal, stream)
        break
      case 'deal':
        this.#settle(line.of, line.outcome, line.deal, stream)
        break
      case 'done':
        this.#settle(line.number, line.outcome, [], stream)
        break
    }
  }

  /** Where a lane has been passed; its beginning when nothing of it has. */
  laneOf(lane: string): LaneState {
    const known = this.lanes.get(lane)
    if (known) return known
    const made = { passed: { file: 0, offset: 0, records: 0 }, cuts: [] }
    this.lanes.set(lane, made)
    return made
  }

  /** Frames that are settled though the cursor has not passed them. */
  get settledAhead(): number {
    const cut = [...this.lanes.values()].flatMap(({ cuts }) => cuts)
    const all = cut.reduce((sum, { place }) => sum + place.frames, 0)
    const open = [...this.parcels.values()].reduce((sum, { frames }) => sum + frames, 0)
    return all - open
  }

  #cut(place: Place, lost: Outcome, deal: Deal, stream: string): void {
    this.count(lost)
    const cut = { place, open: 0 }
    this.laneOf(place.lane).cuts.push(cut)
    this.#deal(cut, deal, stream)
    this.#pass(place.lane)
  }

  #settle(number: number, outcome: Outcome, deal: Deal, stream: string): void {
    const parcel = this.parcels.get(number)
    if (!parcel) return
    this.parcels.delete(number)
    parcel.cut.open--
    this.count(outcome)
    this.#deal(parcel.cut, deal, stream)
    this.#pass(parcel.cut.place.lane)
  }

  #deal(cut: Cut, deal: Deal, stream: string): void {
    for (const parcel of deal) {
      this.parcels.set(parcel.number, { ...parcel, stream, cut })
      this.number = Math.max(this.number, parcel.number + 1)
      cut.open++
    }
  }

  #pass(name: string): void {
    const lane = this.laneOf(name)
    while (lane.cuts[0]?.open === 0) lane.passed = lane.cuts.shift()!.place.next
  }

  count({ taken = 0, rejected = 0, before = 0, dropped = {} }: Outcome): void {
    this.counts.before += before
    this.counts.taken += taken
    this.counts.rejected += rejected
    for (const [reason, frames] of Object.entries(dropped) as [RelayDropReason, number][])
      this.counts.dropped[reason] = (this.counts.dropped[reason] ?? 0) + frames
  }
}
