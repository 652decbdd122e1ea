// Walks back in time and finds calls in the order of their starts, each exactly once, although what
// the query asks for may stand in any of a call's segments.
//
//   time ──────────────────────────────────────────────▶
//   call A        ├start─────────hit──┤
//   call B              ├start·hit──────────┤
//   call C  ├start───────────────────────hit┤
//                     ▲                             the walk ◀── comes from here
//                     └ passed: C and B are found, B is out, C waits for its start (pending), A is
//                       found soon. A call never starts after its hits, so nothing comes too late.
//
// SQL finds segments that meet the query's candidate condition (hits), window by window; the calls of
// these segments are loaded, merged and checked exactly; a match waits until the walk has passed its
// start. Where a page ends, calls whose hits were all passed but whose start was not are carried in
// the cursor; when they are too many, or hits are so common that too many would wait, the walk looks
// for the first segment of every call instead (`everyCall`): then nothing ever waits.
//
// `from` cuts: a search sees only segments from then on, so older partitions are not touched.

import { findHits } from './find-hits.ts'
import { MinuteFinder, type MinuteRun } from './find-minutes.ts'
import { type LoadedCall, loadCalls } from './load-calls.ts'
import type { MergedCall } from './merged-call.ts'
import type { Condition } from './query-sql.ts'
import type { ReadSession } from './read-session.ts'
import { compareKeys, isAfter, keyBefore, NEWEST_KEY, type SearchKey } from './search-key.ts'

export interface WalkPlan {
  readonly condition: Condition | undefined
  /** True of the marks of every minute that has a hit; undefined: they would not tell. */
  readonly minutes: Condition | undefined
  readonly matches: (call: MergedCall) => boolean
  readonly withMessages: boolean
  readonly fromUs: number | undefined
  /** Results begin after this place. */
  readonly after: SearchKey
  /** The page before ended here: hits newer than `after` are known. */
  readonly isResumed: boolean
  readonly carried: readonly string[]
  readonly everyCall: boolean
  readonly nowUs: number
  /** How far the first step goes back; the next ones as far as time allows. */
  readonly firstWindowUs: number
}

/** How much one request may look through. */
export interface WalkLimits {
  readonly callsMax: number
  readonly msMax: number
  readonly pendingMax: number
  /** Rows of the first window; the next ones may have more. */
  readonly rowsFirst: number
}

interface Found {
  readonly call: MergedCall
  readonly key: SearchKey
  readonly firstHitUs: number
}

const WINDOW_US_MIN = 1_000_000
const WINDOW_GROWTH_MAX = 8
/** A window is sized to take about this long, so that time limits can be kept between windows. */
const WINDOW_MS = 400
const ROWS_MAX = 2_000
/** Messages are loaded for these, which is dear. */
const ROWS_WITH_MESSAGES = 200

export interface WalkPage {
  readonly calls: readonly MergedCall[]
  /** Undefined when there is nothing more. */
  readonly next: Pick<WalkPlan, 'after' | 'carried' | 'everyCall'> | undefined
}

export class CallWalk {
  readonly #session: ReadSession
  readonly #plan: WalkPlan
  readonly #limits: WalkLimits
  readonly #startedMs = performance.now()
  readonly #bottomUs: number
  readonly #minutes: MinuteFinder | undefined
  readonly #seen = new Set<string>()
  /** Matches that were found, in no order. */
  #found: Found[] = []
  /** All hits before this place are known. */
  #scanned: SearchKey
  #isAtEnd = false
  #everyCall: boolean
  #windowUs: number
  #rowsMax: number
  #callsLoaded = 0
  #steps = 0

  constructor(session: ReadSession, plan: WalkPlan, limits: WalkLimits) {
    this.#session = session
    this.#plan = plan
    this.#limits = limits
    this.#bottomUs = Math.max(0, plan.fromUs ?? 0)
    this.#rowsMax = limits.rowsFirst
    this.#windowUs = plan.firstWindowUs
    this.#everyCall = plan.everyCall || plan.condition === undefined
    // Hits after the range may belong to calls that start in it.
    this.#scanned = plan.isResumed || this.#everyCall ? plan.after : NEWEST_KEY
    const topUs = Math.min(this.#scanned.us, plan.nowUs)
    this.#minutes = plan.minutes && new MinuteFinder(session, plan.minutes, topUs)
  }

  /** The next `limit` calls; fewer at the end, or when this request has looked through enough. */
  async page(limit: number): Promise<WalkPage> {
    await this.#load(this.#plan.carried)
    for (;;) {
      const ready = this.#found.filter(({ key }) => this.#isAtEnd || !isAfter(key, this.#scanned))
      // One more than asked for tells whether there is a next page.
      if (ready.length > limit || this.#isAtEnd || this.#isSpent()) return this.#end(ready, limit)
      if (this.#found.length - ready.length > this.#limits.pendingMax) this.#walkEveryCall()
      await this.#step()
    }
  }

  #end(ready: readonly Found[], limit: number): WalkPage {
    const sorted = ready.toSorted((a, b) => compareKeys(a.key, b.key))
    const calls = sorted.slice(0, limit).map(({ call }) => call)
    if (sorted.length > limit) return { calls, next: this.#goOn(sorted[limit - 1]!.key) }
    if (this.#isAtEnd) return { calls, next: undefined }
    const { after } = this.#plan
    if (isAfter(this.#scanned, after)) return { calls, next: this.#goOn(this.#scanned) }
    // Still among the hits that are newer than the range: a cursor cannot say how far.
    return { calls, next: { after, carried: [], everyCall: true } }
  }

  #goOn(after: SearchKey): WalkPage['next'] {
    const carried = this.#found
      .filter(({ key }) => isAfter(key, after))
      // Those with a hit further on are found again.
      .filter(({ key, firstHitUs }) => !isAfter({ ...key, us: firstHitUs }, after))
      .map(({ call }) => call.callId)
    return { after, carried, everyCall: this.#everyCall }
  }

  #isSpent(): boolean {
    const { callsMax, msMax } = this.#limits
    // One step at least, or the next page would begin where this one did.
    if (this.#steps === 0) return false
    return this.#callsLoaded >= callsMax || performance.now() - this.#startedMs >= msMax
  }

  async #step(): Promise<void> {
    this.#steps += 1
    const startedMs = performance.now()
    const lowUs = await this.#nextLow()
    if (this.#isAtEnd) return
    const hits = await findHits(this.#session, this.#everyCall ? undefined : this.#plan.condition, {
      after: this.#scanned,
      lowUs,
      rowsMax: this.#plan.withMessages ? ROWS_WITH_MESSAGES : this.#rowsMax,
      fromUs: this.#plan.fromUs,
    })
    await this.#load(hits.callIds)
    this.#scanned = hits.upTo
    this.#isAtEnd = hits.isEmptied && lowUs === this.#bottomUs
    this.#adapt(performance.now() - startedMs, hits.isEmptied)
    if (this.#isAboveRangeTooLong()) this.#walkEveryCall()
  }

  /** Goes to the next minutes that may hold a hit and says how far down to look. */
  async #nextLow(): Promise<number> {
    const run = this.#everyCall
      ? undefined
      : await this.#minutes?.after(this.#scanned, this.#bottomUs)
    if (run !== undefined) this.#skipTo(run)
    const topUs = Math.min(this.#scanned.us, this.#plan.nowUs)
    return Math.max(topUs - this.#windowUs, this.#bottomUs, run?.fromUs ?? 0)
  }

  #skipTo({ fromUs, toUs }: MinuteRun): void {
    const isBelow = toUs <= this.#bottomUs
    if (toUs < this.#scanned.us) this.#scanned = keyBefore(Math.max(toUs, this.#bottomUs))
    this.#isAtEnd = isBelow && fromUs <= this.#bottomUs
  }

  /** Windows grow over quiet times and shrink where a statement takes long; batches grow. */
  #adapt(tookMs: number, isEmptied: boolean): void {
    const growth = Math.min(WINDOW_GROWTH_MAX, WINDOW_MS / Math.max(1, tookMs))
    if (isEmptied || growth < 1)
      this.#windowUs = Math.max(WINDOW_US_MIN, Math.round(this.#windowUs * growth))
    if (growth > 1 && !isEmptied) this.#rowsMax = Math.min(ROWS_MAX, this.#rowsMax * 2)
  }

  async #load(callIds: readonly string[]): Promise<void> {
    const unseen = callIds.filter((callId) => !this.#seen.has(callId))
    for (const callId of unseen) this.#seen.add(callId)
    this.#callsLoaded += unseen.length
    const { condition, fromUs, withMessages } = this.#plan
    const loaded = await loadCalls(this.#session, unseen, {
      fromUs,
      condition: this.#everyCall ? undefined : condition,
      withMessages,
    })
    for (const one of loaded.values()) this.#keep(one)
  }

  #keep({ call, firstUs, firstHitUs }: LoadedCall): void {
    const key = { us: firstUs, callId: call.callId }
    // Those before `after` were on an earlier page, or start after the range.
    if (!isAfter(key, this.#plan.after) || !this.#plan.matches(call)) return
    // Of a call that was not read whole the hit may lie in what was left out: it is carried.
    const hitUs = this.#everyCall ? firstUs : (firstHitUs ?? Number.POSITIVE_INFINITY)
    // The messages have served their purpose; what waits here should be small.
    this.#found.push({ call: { ...call, payloads: () => [] }, key, firstHitUs: hitUs })
  }

  #isAboveRangeTooLong(): boolean {
    if (this.#everyCall || isAfter(this.#scanned, this.#plan.after)) return false
    return this.#callsLoaded > this.#limits.pendingMax
  }

  #walkEveryCall(): void {
    this.#everyCall = true
    this.#scanned = this.#plan.after
    this.#windowUs = this.#plan.firstWindowUs
    this.#found = []
    this.#seen.clear()
  }
}
