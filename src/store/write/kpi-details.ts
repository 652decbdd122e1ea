// Who makes calls and who decides them, per minute and per hour, for the overview's tables. Fed by
// KpiCounter once when a call begins and once when it is decided, never per message.
//
//   host      sent the response that decided the call: the 2xx, the failure, the 487
//   talkers   of the first INVITE: From user, To user, the address it came from, User-Agent
//
// A call costs a look-up per name, in counts of this batch alone; with the batch they are added to the
// minute and to the hour. A span (minute or hour) is kept in memory and written whole, so that a batch
// costs one row per span however many names there are. Of a span the most frequent names are kept.
// What is out of memory is not read back: should calls of that span still be decided, they go into
// another part, a row of its own, and readers add the parts.
import type { TracedMessage } from '#sip'
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

const MINUTE_US = 60_000_000
const MINUTE = { seconds: 60, keep: 32, hosts: 50, talkers: 20, writeEveryMs: 0 }
/** Rewriting an hour with each batch would cost more than it tells: a kill forgets 10 s of ranking. */
const HOUR = { seconds: 3_600, keep: 3, hosts: 100, talkers: 50, writeEveryMs: 10_000 }

export class KpiDetails {
  readonly #scales = [new Spans(MINUTE), new Spans(HOUR)]
  /** Of this batch, by minute. */
  #batch: Map<number, Names> | undefined
  #lastUs = Number.NaN
  #last: Names | undefined

  /**
   * What a batch says of a call that began at `startedUs`: its first INVITE, how it went, or both.
   * `callerIp` is where it came from.
   */
  count(
    startedUs: number,
    attempt: TracedMessage | undefined,
    decision: CallDecision | undefined,
    callerIp: string,
  ): void {
    const sip = attempt?.sip ?? decision?.message.sip
    if (sip === undefined) return
    const { hosts, talkers } = this.#at(startedUs)
    const outcome = decision?.outcome
    add(talkers.from, sip.fromUser, attempt, outcome)
    add(talkers.to, sip.toUser, attempt, outcome)
    add(talkers.source, callerIp, attempt, outcome)
    // A response names no User-Agent of the caller: agents have attempts only.
    if (attempt) add(talkers.agent, sip.userAgent, attempt, undefined)
    if (decision?.message.sip?.kind === 'response')
      addToHost(hosts.of(decision.message.srcIp), decision.outcome, decision.status)
  }

  /** The rows that changed since the last time. */
  take(nowMs = performance.now()): readonly DetailRow[] {
    for (const [us, names] of this.#batch ?? [])
      for (const spans of this.#scales) mergeNames(spans.at(us), names)
    this.#batch = undefined
    this.#last = undefined
    return this.#scales.flatMap((spans) => spans.take(nowMs))
  }

  #at(us: number): Names {
    if (this.#last && us >= this.#lastUs && us < this.#lastUs + MINUTE_US) return this.#last
    const startUs = us - (us % MINUTE_US)
    this.#batch ??= new Map()
    let names = this.#batch.get(startUs)
    if (names === undefined) {
      names = emptyNames()
      this.#batch.set(startUs, names)
    }
    this.#lastUs = startUs
    this.#last = names
    return names
  }
}

function add(
  names: BoundedCounts,
  name: string,
  attempt: TracedMessage | undefined,
  outcome: CallDecision['outcome'] | undefined,
): void {
  if (name === '') return
  const counts = names.of(name)
  if (attempt !== undefined) counts.attempts += 1
  if (outcome !== undefined) counts[outcome] += 1
}

function mergeNames({ hosts, talkers }: Names, batch: Names): void {
  hosts.merge(batch.hosts)
  for (const kind of TALKER_KINDS) talkers[kind].merge(batch.talkers[kind])
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

type Scale = typeof MINUTE

interface Names {
  readonly hosts: BoundedCounts
  readonly talkers: Readonly<Record<TalkerKind, BoundedCounts>>
}

interface Span extends Names {
  readonly startUs: number
  readonly part: number
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
  ...emptyNames(),
  isChanged: true,
  writtenMs: Number.NEGATIVE_INFINITY,
})

function emptyNames(): Names {
  const [from, to, source, agent] = TALKER_KINDS.map(() => new BoundedCounts())
  return {
    hosts: new BoundedCounts(),
    talkers: { from: from!, to: to!, source: source!, agent: agent! },
  }
}
