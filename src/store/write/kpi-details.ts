// Who makes calls and who decides them, per minute and per hour, for the overview's tables. Fed by
// KpiCounter once when a call begins and once when it is decided, never per message.
//
//   host      sent the response that decided the call: the 2xx, the failure, the 487
//   talkers   of the first INVITE: From user, To user, the address it came from, User-Agent
//
// A span (a minute or an hour) is counted in memory and written whole, so that a batch costs one row
// per span however many names there are. Of a span the most frequent names are kept. What is out of
// memory is not read back: should calls of that span still be decided, they go into another part, a
// row of its own, and readers add the parts.
import type { SipMessage, TracedMessage } from '#sip'
import { BoundedCounts, type NameCounts } from './bounded-counts.ts'
import { cleanText } from './copy-fields.ts'

/** What happened to a call, and the message that says so. */
export interface CallDecision {
  readonly outcome: 'answered' | 'failed' | 'cancelled'
  readonly status: number | undefined
  readonly message: TracedMessage
}

/** A row of kpi_details. */
export interface DetailRow {
  readonly spanSeconds: number
  readonly startUs: number
  readonly part: number
  readonly hosts: readonly unknown[]
  readonly talkers: readonly unknown[]
}

/** How a talker may be named. */
const TALKER_KINDS = ['from', 'to', 'source', 'agent'] as const
type TalkerKind = (typeof TALKER_KINDS)[number]

const MINUTE = { seconds: 60, keep: 32, hosts: 50, talkers: 20, writeEveryMs: 0 }
/** Rewriting an hour with each batch would cost more than it tells: a kill forgets 10 s of ranking. */
const HOUR = { seconds: 3_600, keep: 3, hosts: 100, talkers: 50, writeEveryMs: 10_000 }

export class KpiDetails {
  readonly #scales = [new Spans(MINUTE), new Spans(HOUR)]

  /** The first INVITE of a call. */
  attempt(startedUs: number, { sip, srcIp }: TracedMessage): void {
    if (sip === undefined) return
    for (const spans of this.#scales) {
      const span = spans.at(startedUs)
      for (const kind of TALKER_KINDS) {
        const name = nameOf(kind, sip, srcIp)
        if (name !== '') span.talkers[kind].of(name).attempts += 1
      }
    }
  }

  /** How a call went that began at `startedUs`; `callerIp` where its first INVITE came from. */
  decide(startedUs: number, decision: CallDecision, callerIp: string): void {
    const { outcome, message, status } = decision
    const { sip } = message
    if (sip === undefined) return
    for (const spans of this.#scales) {
      const { hosts, talkers } = spans.at(startedUs)
      // A response names no User-Agent of the caller: agents have attempts only.
      if (sip.fromUser !== '') talkers.from.of(sip.fromUser)[outcome] += 1
      if (sip.toUser !== '') talkers.to.of(sip.toUser)[outcome] += 1
      if (callerIp !== '') talkers.source.of(callerIp)[outcome] += 1
      if (sip.kind === 'response') addToHost(hosts.of(message.srcIp), outcome, status)
    }
  }

  /** The rows that changed since the last time. */
  take(nowMs = performance.now()): readonly DetailRow[] {
    return this.#scales.flatMap((spans) => spans.take(nowMs))
  }
}

function addToHost(
  host: NameCounts,
  outcome: CallDecision['outcome'],
  status: number | undefined,
): void {
  host[outcome] += 1
  if (outcome !== 'failed') return
  host.failures ??= {}
  host.failures[String(status)] = (host.failures[String(status)] ?? 0) + 1
}

function nameOf(kind: TalkerKind, sip: SipMessage, srcIp: string): string {
  switch (kind) {
    case 'from':
      return sip.fromUser
    case 'to':
      return sip.toUser
    case 'source':
      return srcIp
    case 'agent':
      return sip.userAgent
  }
}

type Scale = typeof MINUTE

interface Span {
  readonly startUs: number
  readonly part: number
  readonly hosts: BoundedCounts
  readonly talkers: Readonly<Record<TalkerKind, BoundedCounts>>
  isChanged: boolean
  writtenMs: number
}

/** Unique for a node's name over restarts: runs begin a microsecond or more apart. */
let nextPart = Date.now() * 1000

/** The spans of one length that are in memory, the last used ones. */
class Spans {
  readonly #scale: Scale
  readonly #spans = new Map<number, Span>()
  #leaving: Span[] = []
  #last: Span | undefined

  constructor(scale: Scale) {
    this.#scale = scale
  }

  at(us: number): Span {
    const startUs = us - (us % (this.#scale.seconds * 1e6))
    if (this.#last?.startUs === startUs) return this.#touch(this.#last)
    const span = this.#spans.get(startUs) ?? newSpan(startUs)
    this.#spans.delete(startUs) // the order of a Map is that of insertion: the oldest stands first
    this.#spans.set(startUs, span)
    if (this.#spans.size > this.#scale.keep) this.#forgetOldest()
    this.#last = span
    return this.#touch(span)
  }

  take(nowMs: number): readonly DetailRow[] {
    const due = [...this.#spans.values()].filter(
      ({ isChanged, writtenMs }) => isChanged && nowMs - writtenMs >= this.#scale.writeEveryMs,
    )
    const rows = [...this.#leaving, ...due].map((span) => this.#row(span, nowMs))
    this.#leaving = []
    return rows
  }

  #touch(span: Span): Span {
    span.isChanged = true
    return span
  }

  #forgetOldest(): void {
    const [startUs, span] = this.#spans.entries().next().value!
    this.#spans.delete(startUs)
    if (span.isChanged) this.#leaving.push(span)
  }

  #row(span: Span, nowMs: number): DetailRow {
    span.isChanged = false
    span.writtenMs = nowMs
    const { startUs, part, hosts, talkers } = span
    return {
      ...{ spanSeconds: this.#scale.seconds, startUs, part },
      hosts: hosts.top(this.#scale.hosts).map(([name, counts]) => ({ name, ...counts })),
      talkers: TALKER_KINDS.flatMap((kind) =>
        talkers[kind].top(this.#scale.talkers).map(([name, { attempts, answered, failed }]) => ({
          ...{ kind, name: cleanText(name), attempts, answered, failed },
        })),
      ),
    }
  }
}

const newSpan = (startUs: number): Span => ({
  startUs,
  part: nextPart++,
  hosts: new BoundedCounts(),
  talkers: {
    ...{ from: new BoundedCounts(), to: new BoundedCounts() },
    ...{ source: new BoundedCounts(), agent: new BoundedCounts() },
  },
  isChanged: true,
  writtenMs: Number.NEGATIVE_INFINITY,
})
