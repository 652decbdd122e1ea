// Counts calls for kpi_minutes while they pass, so that no query has to go through the calls again.
//
// A call is seen many times: retransmissions, one copy per tap, parts of it in several batches. Each
// event of it (attempt, answer, failure …) counts once, in the minute of its first INVITE. A
// response without that INVITE counts nothing: it belongs to a re-INVITE or to a call begun before we
// started. After a restart the memory is empty: a call that is just being set up then may be counted
// again or not at all.
//
// Registrations have one Call-ID for all their refreshes; they are told apart by CSeq. One that was
// answered 401 or 407 goes on with the next CSeq and is still the same registration.
import type { SipMessage, TracedMessage } from '#sip'
import { SETUP_MS_BOUNDS, setupBucketOf } from '../kpi-buckets.ts'
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
  readonly #recent = new RecentCalls()
  #minutes = new Map<number, KpiCounts>()

  /** Counts the messages of one call in one batch, whatever their order. */
  count(messages: readonly TracedMessage[]): void {
    const invites = new InviteSummary()
    for (const { atUs, sip } of messages) {
      this.#minute(atUs).messages += 1
      if (sip === undefined) continue
      if (sip.cseqMethod === 'INVITE') invites.add(atUs, sip)
      else if (sip.cseqMethod === 'CANCEL') invites.cancel(sip)
      else if (sip.cseqMethod === 'REGISTER') this.#countRegister(atUs, sip)
    }
    if (invites.callId !== undefined) this.#countCall(invites.callId, invites)
  }

  /** The counts by minute (µs since 1970) since the last time; begins anew. */
  take(): ReadonlyMap<number, KpiCounts> {
    const taken = this.#minutes
    this.#minutes = new Map()
    return taken
  }

  #minute(us: number): KpiCounts {
    const minute = us - (us % MINUTE_US)
    let counts = this.#minutes.get(minute)
    if (counts === undefined) {
      counts = emptyCounts()
      this.#minutes.set(minute, counts)
    }
    return counts
  }

  #countCall(callId: string, seen: InviteSummary): void {
    const recent = this.#recent
    recent.select(callKey(callId))
    if (seen.firstUs !== undefined && !(recent.flags & ATTEMPT)) {
      recent.startedUs = seen.firstUs
      recent.flags |= ATTEMPT
      this.#minute(seen.firstUs).attempts += 1
    }
    if (!(recent.flags & ATTEMPT)) return
    const minute = this.#minute(recent.startedUs)
    if (seen.setupUs !== undefined && !(recent.flags & SETUP)) {
      recent.flags |= SETUP
      addSetup(minute, Math.max(0, seen.setupUs - recent.startedUs) / 1000)
    }
    if (!recent.flags || recent.flags & DECIDED || !seen.isDecided) return
    recent.flags |= DECIDED
    addOutcome(minute, seen)
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
    if (sip.status === 401 || sip.status === 407) recent.flags |= CHALLENGED
    if (sip.status < 200 || sip.status > 299 || recent.flags & DECIDED) return
    recent.flags |= DECIDED
    this.#minute(recent.startedUs || atUs).registered += 1
  }
}

/** What the messages of one batch say about the INVITE of a call. */
class InviteSummary {
  callId: string | undefined
  firstUs: number | undefined
  setupUs: number | undefined
  isAnswered = false
  isCancelled = false
  failureStatus: number | undefined

  get isDecided(): boolean {
    return this.isAnswered || this.isCancelled || this.failureStatus !== undefined
  }

  add(atUs: number, sip: SipMessage): void {
    this.callId = sip.callId
    if (sip.kind === 'request') {
      if (sip.toTag === '') this.firstUs = Math.min(this.firstUs ?? atUs, atUs)
      return
    }
    const { status } = sip
    if (status < 180 || status === 401 || status === 407) return
    if (status < 300) this.setupUs = Math.min(this.setupUs ?? atUs, atUs)
    if (status >= 200 && status < 300) this.isAnswered = true
    else if (status === 487) this.isCancelled = true
    else if (status >= 300) this.failureStatus = Math.max(this.failureStatus ?? status, status)
  }

  cancel(sip: SipMessage): void {
    if (sip.kind === 'request') {
      this.callId = sip.callId
      this.isCancelled = true
    }
  }
}

function addSetup(minute: KpiCounts, setupMs: number): void {
  minute.setupMsSum += Math.round(setupMs)
  minute.setupCount += 1
  minute.setupHistogram[setupBucketOf(setupMs)]! += 1
}

/** A proxy tries one target after the other: an answer outweighs what failed before it. */
function addOutcome(minute: KpiCounts, seen: InviteSummary): void {
  if (seen.isAnswered) minute.answered += 1
  else if (seen.isCancelled) minute.cancelled += 1
  else {
    minute.failed += 1
    const status = String(seen.failureStatus)
    minute.failures[status] = (minute.failures[status] ?? 0) + 1
  }
}
