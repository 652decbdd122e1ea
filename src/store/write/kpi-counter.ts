// Counts calls for kpi_minutes while they pass, so that no query has to go through the calls again.
//
// A call is seen many times: retransmissions, one copy per tap, parts of it in several batches. Each
// event of it (attempt, answer, failure …) counts once, in the minute of its first INVITE. A
// response without that INVITE counts nothing: it belongs to a re-INVITE or to a call begun before we
// started.
//
// Registrations have one Call-ID for all their refreshes; they are told apart by CSeq. One that was
// answered 401 or 407 goes on with the next CSeq and is still the same registration.
//
// After a restart the memory of calls comes back from the database (recall-calls.ts).
import type { SipMessage, TracedMessage } from '#sip'
import { SETUP_MS_BOUNDS, setupBucketOf } from '../kpi-buckets.ts'
import { type CallDecision, type DetailRow, KpiDetails } from './kpi-details.ts'
import { callKey, RecentCalls } from './recent-calls.ts'

const MINUTE_US = 60_000_000

/** What one minute adds to its row. */
export interface KpiCounts {
  attempts: number
  answered: number
  failed: number
  cancelled: number
  registrations: number
  registered: number
  registrationsFailed: number
  messages: number
  setupMsSum: number
  setupCount: number
  readonly setupHistogram: number[]
  /** By status code. */
  readonly failures: Record<string, number>
}

const emptyCounts = (): KpiCounts => ({
  attempts: 0,
  answered: 0,
  failed: 0,
  cancelled: 0,
  registrations: 0,
  registered: 0,
  registrationsFailed: 0,
  messages: 0,
  setupMsSum: 0,
  setupCount: 0,
  setupHistogram: SETUP_MS_BOUNDS.map(() => 0),
  failures: {},
})

// What is remembered of a call or registration. `DECIDED`: answered, failed or cancelled was counted.
const ATTEMPT = 1
const SETUP = 2
const DECIDED = 4
const CHALLENGED = 8

export class KpiCounter {
  #recent = new RecentCalls()
  readonly #details = new KpiDetails()
  /** Used again: of one made for every call the engine would make 20 KB of machine code (docs/decisions/0023). */
  readonly #invites = new InviteSummary()
  #minutes = new Map<number, KpiCounts>()
  /** The minute asked for last, which is nearly always the one asked for next. */
  #minuteUs = Number.NaN
  #minuteCounts = emptyCounts()

  /** Counts the messages of one call in one batch, whatever their order. */
  count(messages: readonly TracedMessage[]): void {
    const invites = this.#invites
    invites.clear()
    for (const message of messages) {
      const { atUs, sip } = message
      this.#minute(atUs).messages += 1
      if (sip === undefined) continue
      if (sip.cseqMethod === 'INVITE') invites.add(message, sip)
      else if (sip.cseqMethod === 'CANCEL') invites.cancel(message, sip)
      else if (sip.cseqMethod === 'REGISTER') this.#countRegister(atUs, sip)
    }
    if (invites.callId !== undefined) this.#countCall(invites.callId, invites)
  }

  /** The counts by minute (µs since 1970) since the last time; begins anew. */
  take(): ReadonlyMap<number, KpiCounts> {
    const taken = this.#minutes
    this.#minutes = new Map()
    this.#minuteUs = Number.NaN
    return taken
  }

  /** The rows of kpi_details that changed since the last time. */
  takeDetails(): readonly DetailRow[] {
    return this.#details.take()
  }

  /** Forgets all calls; `recall` then tells of those in the database. */
  forget(): void {
    this.#recent = new RecentCalls()
  }

  /** A call that was counted before: when it began, and what of it was counted. */
  recall(callId: string, startedUs: number, { setup, decided }: Recalled): void {
    this.#recent.select(callKey(callId))
    this.#recent.startedUs = startedUs
    this.#recent.flags = ATTEMPT | (setup ? SETUP : 0) | (decided ? DECIDED : 0)
  }

  #minute(us: number): KpiCounts {
    if (us >= this.#minuteUs && us < this.#minuteUs + MINUTE_US) return this.#minuteCounts
    const minute = us - (us % MINUTE_US)
    let counts = this.#minutes.get(minute)
    if (counts === undefined) {
      counts = emptyCounts()
      this.#minutes.set(minute, counts)
    }
    this.#minuteUs = minute
    this.#minuteCounts = counts
    return counts
  }

  #countCall(callId: string, seen: InviteSummary): void {
    const recent = this.#recent
    recent.select(callKey(callId))
    const begins = seen.firstUs !== undefined && !(recent.flags & ATTEMPT)
    if (begins) {
      recent.startedUs = seen.firstUs!
      recent.flags |= ATTEMPT
      this.#minute(seen.firstUs!).attempts += 1
    }
    if (!(recent.flags & ATTEMPT)) return
    const minute = this.#minute(recent.startedUs)
    if (seen.setupUs !== undefined && !(recent.flags & SETUP)) {
      recent.flags |= SETUP
      addSetup(minute, Math.max(0, seen.setupUs - recent.startedUs) / 1000)
    }
    const decision = recent.flags & DECIDED ? undefined : seen.decision
    if (decision !== undefined) {
      recent.flags |= DECIDED
      addOutcome(minute, decision)
    }
    if (!begins && decision === undefined) return
    this.#details.count(recent.startedUs, begins ? seen.first : undefined, decision, seen.callerIp)
  }

  #countRegister(atUs: number, sip: SipMessage): void {
    const recent = this.#recent
    if (sip.kind === 'request') {
      recent.select(callKey(sip.callId, sip.cseq - 1))
      const goesOn = recent.flags & CHALLENGED
      recent.select(callKey(sip.callId, sip.cseq))
      if (recent.flags & ATTEMPT) return
      recent.flags |= ATTEMPT
      recent.startedUs = atUs
      if (!goesOn) this.#minute(atUs).registrations += 1
      return
    }
    recent.select(callKey(sip.callId, sip.cseq))
    // 423 (interval too brief) is followed by the next CSeq as well, with a longer one.
    const goesOn = sip.status === 401 || sip.status === 407 || sip.status === 423
    if (goesOn) recent.flags |= CHALLENGED
    if (sip.status < 200 || goesOn || recent.flags & DECIDED) return
    recent.flags |= DECIDED
    const minute = this.#minute(recent.startedUs || atUs)
    if (sip.status < 300) minute.registered += 1
    else minute.registrationsFailed += 1
  }
}

/** What the database says was counted of a call. */
export interface Recalled {
  readonly setup: boolean
  readonly decided: boolean
}

/** What the messages of one batch say about the INVITE of a call. */
class InviteSummary {
  callId: string | undefined
  firstUs: number | undefined
  setupUs: number | undefined
  first: TracedMessage | undefined
  #answer: TracedMessage | undefined
  #failure: TracedMessage | undefined
  #failureStatus = 0
  #cancel: TracedMessage | undefined
  #lastHop: TracedMessage | undefined

  clear(): void {
    this.callId = undefined
    this.firstUs = undefined
    this.setupUs = undefined
    this.first = undefined
    this.#answer = undefined
    this.#failure = undefined
    this.#failureStatus = 0
    this.#cancel = undefined
    this.#lastHop = undefined
  }

  /** A proxy tries one target after the other: an answer outweighs what failed before it. */
  get decision(): CallDecision | undefined {
    if (this.#answer) return { outcome: 'answered', status: undefined, message: this.#answer }
    if (this.#cancel) return { outcome: 'cancelled', status: undefined, message: this.#cancel }
    const status = this.#failureStatus
    return this.#failure && { outcome: 'failed', status, message: this.#failure }
  }

  /** Where the call came from: the first INVITE says, else the last hop of what decided it. */
  get callerIp(): string {
    return this.first?.srcIp ?? this.#lastHop?.dstIp ?? ''
  }

  add(message: TracedMessage, sip: SipMessage): void {
    const { atUs } = message
    this.callId = sip.callId
    if (sip.kind === 'request') {
      if (sip.toTag !== '' || (this.firstUs !== undefined && this.firstUs <= atUs)) return
      this.firstUs = atUs
      this.first = message
      return
    }
    const { status } = sip
    if (status < 180 || status === 401 || status === 407) return
    if (status < 300 && !(this.setupUs !== undefined && this.setupUs <= atUs)) this.setupUs = atUs
    if (status >= 200) this.#decide(message, status)
  }

  cancel(message: TracedMessage, sip: SipMessage): void {
    if (sip.kind !== 'request') return
    this.callId = sip.callId
    this.#cancel ??= message
  }

  /** The earliest sighting of the response that counts was sent by the host that decided. */
  #decide(message: TracedMessage, status: number): void {
    if (!this.#lastHop || message.atUs > this.#lastHop.atUs) this.#lastHop = message
    if (status < 300) this.#answer = earlier(this.#answer, message)
    else if (status === 487) this.#cancel = earlier(responseOnly(this.#cancel), message)
    else if (status >= this.#failureStatus) {
      this.#failure = status > this.#failureStatus ? message : earlier(this.#failure, message)
      this.#failureStatus = status
    }
  }
}

const earlier = (a: TracedMessage | undefined, b: TracedMessage): TracedMessage =>
  a !== undefined && a.atUs <= b.atUs ? a : b

/** The 487 says who was asked last; the CANCEL before it only that the caller gave up. */
const responseOnly = (message: TracedMessage | undefined): TracedMessage | undefined =>
  message?.sip?.kind === 'response' ? message : undefined

function addSetup(minute: KpiCounts, setupMs: number): void {
  minute.setupMsSum += Math.round(setupMs)
  minute.setupCount += 1
  minute.setupHistogram[setupBucketOf(setupMs)]! += 1
}

function addOutcome(minute: KpiCounts, { outcome, status }: CallDecision): void {
  minute[outcome] += 1
  if (outcome === 'failed')
    minute.failures[String(status)] = (minute.failures[String(status)] ?? 0) + 1
}
