// A CallStore in memory, made of real messages: what the tests of the API and of the page read from.
// It knows no query language but plain words and `callid:`; the real store has tests of its own.
import type {
  CallCountQuery,
  CallCounts,
  CallDetail,
  CallMessage,
  CallPage,
  CallRow,
  CallSearch,
  FleetEvent,
  GoodCall,
  KpiDetails,
  Ledger,
  SavedSearch,
  Share,
  SimilarCalls,
  TailEvent,
} from '#contract'
import { decodeHep } from '#hep'
import {
  callStateOf,
  cseqOf,
  durationMsOf,
  explainVerdict,
  type FoldedMessage,
  finalStatusOf,
  foldTaps,
  labelOf,
  layOutLadder,
  outcomeOf,
  parseSip,
  setupMsOf,
  type TracedMessage,
  worstMosOf,
} from '#sip'
import type {
  FleetRecord,
  NewShare,
  QuarantineKeeper,
  SearchKeeper,
  ShareKeeper,
} from '../src/api/call-store.ts'
import { readFixture } from './fixtures/pcap.ts'

export class QueryMistake extends Error {
  readonly code = 'unknown_field'
  readonly at: number
  readonly length: number
  readonly hint = 'Known fields: callid.'

  constructor(word: string, at: number) {
    super(`There is no field ${word}.`)
    this.at = at
    this.length = word.length
  }
}

/** Every message of the fixture, with made-up times where HEPv1 has none. */
export const fixtureMessages = (): TracedMessage[] =>
  readFixture().flatMap(({ hep }, i) => {
    const packet = decodeHep(hep)
    if (packet.kind === 'malformed') throw new Error(packet.detail)
    const sip = packet.protocolType === 1 ? parseSip(packet.payload) : undefined
    const receivedUs = 1_795_000_000_000_000 + i * 1000
    const { srcIp, srcPort, dstIp, dstPort, ipProtocol, protocolType } = packet
    const { captureId, captureNode, correlationId, payload } = packet
    return {
      ...{ srcIp, srcPort, dstIp, dstPort, ipProtocol, protocolType },
      ...{ captureId, captureNode, correlationId, payload, receivedUs },
      atUs: packet.atUs || receivedUs,
      clockClamped: packet.atUs === 0,
      sip: sip?.kind === 'malformed' ? undefined : sip,
    }
  })

export class MemoryStore {
  readonly #calls = new Map<string, TracedMessage[]>()
  readonly #watchers = new Set<(event: TailEvent) => void>()
  /** Every signal a search was given, for tests of cancellation. */
  readonly signals: AbortSignal[] = []
  /** Thrown, or waited for, by the next search. */
  trouble: (() => Promise<never>) | undefined

  constructor(messages: readonly TracedMessage[] = fixtureMessages()) {
    for (const message of messages) this.add(message)
  }

  add(message: TracedMessage): void {
    const callId = message.sip?.callId ?? message.correlationId
    this.#calls.set(callId, [...(this.#calls.get(callId) ?? []), message])
  }

  emit(event: TailEvent): void {
    for (const watcher of this.#watchers) watcher(event)
  }

  first(callId: string): TracedMessage {
    return this.#calls.get(callId)![0]!
  }

  get watching(): number {
    return this.#watchers.size
  }

  rows(): CallRow[] {
    return [...this.#calls.keys()]
      .map((callId) => this.row(callId))
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.callId.localeCompare(a.callId))
  }

  async searchCalls({ q, fromUs, toUs, limit, cursor }: CallSearch, signal: AbortSignal) {
    this.signals.push(signal)
    if (this.trouble) return this.trouble()
    checkQuery(q)
    const word = q.replace(/^callid:/, '').toLowerCase()
    const all = this.rows().filter(
      ({ callId, from, to, startedAt }) =>
        `${callId} ${from} ${to}`.toLowerCase().includes(word) &&
        (fromUs === undefined || startedAt >= isoTime(fromUs)) &&
        (toUs === undefined || startedAt <= isoTime(toUs)),
    )
    const start = Number(cursor ?? 0)
    const next = start + limit < all.length ? String(start + limit) : null
    return { calls: all.slice(start, start + limit), nextCursor: next } satisfies CallPage
  }

  async countCalls({ q, fromUs, toUs }: CallCountQuery, signal: AbortSignal) {
    const { calls } = await this.searchCalls(
      { q, fromUs, toUs, limit: 1e6, cursor: undefined },
      signal,
    )
    const counts: Record<string, Record<string, number>> = {}
    for (const { startedAt, outcome } of calls) {
      const minute = `${startedAt.slice(0, 16)}:00.000000Z`
      const bucket = counts[minute] ?? {}
      counts[minute] = { ...bucket, [outcome]: (bucket[outcome] ?? 0) + 1 }
    }
    const times = calls.map(({ startedAt }) => startedAt).sort()
    const from = fromUs === undefined ? (times[0] ?? isoTime(0)) : isoTime(fromUs)
    return {
      ...{ from, to: isoTime(toUs ?? Date.now() * 1000), bucketMs: 60_000, total: calls.length },
      buckets: Object.entries(counts)
        .sort()
        .map(([at, counts]) => ({ at, counts })),
      ...{ share: 1, coveredFrom: from },
    } satisfies CallCounts
  }

  async recentValues(field: string, prefix: string) {
    const values = new Set(this.rows().map((row) => String(row[field as 'from'] ?? '')))
    return [...values]
      .filter((value) => value !== '' && value.startsWith(prefix))
      .slice(0, 20)
      .map((value) => ({ value, seen: 1 }))
  }

  readonly searches = new MemorySearches()

  async readCall(callId: string, options: { correlate: boolean; messagesMax: number }) {
    if (!this.#calls.has(callId)) return undefined
    const others = options.correlate ? this.#legsOf(callId) : []
    const folded = foldTaps([callId, ...others].flatMap((id) => this.#calls.get(id) ?? []))
    const shown = folded.slice(0, options.messagesMax)
    const summary = this.row(callId)
    const { text: verdict, evidence } = explainVerdict(
      folded,
      callStateOf(this.#calls.get(callId)!),
    )
    return {
      callId,
      verdict,
      evidence,
      summary,
      legs: [callId, ...others].map((id) => {
        const { startedAt, from, to } = this.row(id)
        return {
          callId: id,
          startedAt,
          from,
          to,
          reasons: id === callId ? [] : ['X-CID'],
          score: 1,
        }
      }),
      messages: shown.map(messageOf),
      ladder: layOutLadder(shown),
      messagesOmitted: folded.length - shown.length,
    } satisfies CallDetail
  }

  async goodCall(callId: string): Promise<GoodCall | undefined> {
    if (!this.#calls.has(callId)) return undefined
    return { call: null, shared: null, since: isoTime(1_794_000_000_000_000) }
  }

  async similarCalls(callId: string): Promise<SimilarCalls | undefined> {
    if (!this.#calls.has(callId)) return undefined
    const range = { from: isoTime(1_794_000_000_000_000), to: isoTime(1_796_000_000_000_000) }
    const counts = { total: 0, capped: false, before: 0, after: 0, sameHost: 0 }
    return { ...range, ...counts, host: null, calls: [] }
  }

  async readTrace(callIds: readonly string[]) {
    return callIds.flatMap((callId) => this.#calls.get(callId) ?? [])
  }

  async *tail(q: string, signal: AbortSignal): AsyncGenerator<TailEvent> {
    checkQuery(q)
    const waiting: TailEvent[] = []
    let wake = () => {}
    const watcher = (event: TailEvent) => {
      waiting.push(event)
      wake()
    }
    this.#watchers.add(watcher)
    signal.addEventListener('abort', () => wake())
    try {
      while (!signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        yield* waiting.splice(0)
        if (waiting.length === 0 && !signal.aborted) await promise
      }
    } finally {
      this.#watchers.delete(watcher)
    }
  }

  async ledger(): Promise<Ledger> {
    const received = [...this.#calls.values()].flat().length
    const rejected = { total: 3, byReason: { not_hep: 2, truncated: 1 } }
    return {
      ...{ received: received + 3, stored: received, pending: 0, rejected },
      ...{ dropped: { total: 0, byReason: {} }, balanced: true },
    }
  }

  async sources() {
    const at = isoTime(1_795_000_000_000_000)
    return [
      {
        ...{ node: 'n1', peer: '127.0.0.10', transport: 'udp', captureId: 1, capturedBy: '' },
        ...{ hepVersion: 3, packets: 800, bytes: 400_000, rejected: 0, packetsPerSecond: 1.5 },
        ...{ clockSkewMs: -3, largestBytes: 981, firstSeenAt: at, lastSeenAt: at },
        ...{ reasons: {}, duplicates: 0, truncated: 0, large: 0, recent: [0, 3, 5] },
      },
    ]
  }

  async quarantine(limit: number) {
    const frame = {
      ...{ id: '1', receivedAt: isoTime(1_795_000_000_000_000), node: 'n1', transport: 'udp' },
      ...{ peer: '127.0.0.1:5060', reason: 'not_hep' as const, detail: 'no magic', byteOffset: 0 },
      frame: 'AAAA',
      retryAt: null,
    }
    return [frame, { ...frame, id: '2' }].slice(0, limit)
  }

  async kpi(fromUs: number) {
    const none = {
      asr: null,
      ner: null,
      seer: null,
      setupMsMean: null,
      setupMsP50: null,
      setupMsP95: null,
    }
    const counts = { attempts: 0, answered: 0, failed: 0, cancelled: 0, registrations: 0 }
    return [
      {
        minute: isoTime(fromUs),
        ...counts,
        registered: 0,
        registrationsFailed: 0,
        messages: 7,
        ...none,
        failures: { 486: 1 },
      },
    ]
  }

  async kpiDetails(): Promise<KpiDetails> {
    const counts = { answered: 2, failed: 1, cancelled: 0 }
    return {
      hosts: [{ host: '10.9.0.3', ...counts, failures: { 503: 1 } }],
      talkers: [{ kind: 'from', name: 'alice', attempts: 3, answered: 2, failed: 1 }],
    }
  }

  readonly quarantineKeeper: QuarantineKeeper = {
    find: async (id) => (await this.quarantine(2)).find((frame) => frame.id === id),
    claim: async () => true,
    release: async () => undefined,
    remove: async (id) => id === '1',
  }

  async nodes() {
    const at = isoTime(1_795_000_000_000_000)
    const ledger = await this.ledger()
    return [
      {
        ...{ node: 'n1', version: '0.1.0', state: 'ready' as const, startedAt: at },
        ...{ heartbeatAt: at, ledger, signals: { packetsPerSecond: 3 } },
      },
    ]
  }

  /** What was told, newest first. */
  readonly fleetEvents: FleetEvent[] = []
  readonly fleet: FleetRecord = {
    points: async () => [
      {
        ...{ at: isoTime(1_795_000_000_000_000), nodes: 1, packetsPerSecond: 3 },
        ...{ packetsPerSecondMax: 3, spoolAgeSeconds: 0, dropped: 0, cpuCores: null },
      },
    ],
    events: async () => this.fleetEvents,
    droppedLately: async () => new Map(),
    tell: async ({ node = '', nodesFrom = null, nodesTo = null, ...event }) => {
      const at = isoTime(1_795_000_000_000_000)
      this.fleetEvents.unshift({ ...event, at, node, nodesFrom, nodesTo })
    },
  }

  readonly shares = new MemoryShares()

  row(callId: string): CallRow {
    const messages = this.#calls.get(callId)!
    const state = callStateOf(messages)
    return {
      callId,
      startedAt: isoTime(state.firstUs),
      endedAt: isoTime(state.lastUs),
      from: state.fromUser,
      to: state.toUser,
      method: state.method,
      status: finalStatusOf(state) ?? null,
      outcome: outcomeOf(state),
      setupMs: setupMsOf(state) ?? null,
      durationMs: durationMsOf(state) ?? null,
      mos: worstMosOf(messages) ?? null,
      messageCount: messages.length,
      userAgent: state.userAgent,
      srcIp: state.srcIp,
      dstIp: state.dstIp,
      protocol: messages[0]!.protocolType,
    }
  }

  // B2BUA legs by the one convention the tests use.
  #legsOf(callId: string): string[] {
    return [...this.#calls.keys()].filter((id) => id === `${callId}_b2b`)
  }
}

class MemorySearches implements SearchKeeper {
  #kept: SavedSearch[] = []

  async list(owner: string) {
    return this.#kept.filter((search) => search.owner === owner || search.shared)
  }

  async save(search: Omit<SavedSearch, 'id' | 'createdAt'>) {
    const id = `00000000-0000-4000-8000-${String(this.#kept.length).padStart(12, '0')}`
    const saved = { ...search, id, createdAt: isoTime(1_795_000_000_000_000) }
    const isSame = ({ owner, name }: SavedSearch) => owner === search.owner && name === search.name
    this.#kept = [...this.#kept.filter((other) => !isSame(other)), saved]
    return saved
  }

  async remove(id: string) {
    const before = this.#kept.length
    this.#kept = this.#kept.filter((search) => search.id !== id)
    return this.#kept.length < before
  }
}

class MemoryShares implements ShareKeeper {
  readonly #kept = new Map<string, NewShare & { share: Share }>()

  async create(made: NewShare): Promise<Share> {
    const { id, callId, createdBy, expiresAt, redact } = made
    const share: Share = {
      ...{ id, callId, createdBy, expiresAt, redact, createdAt: isoTime(Date.now() * 1000) },
      ...{ revokedAt: null, openedCount: 0, lastOpenedAt: null },
    }
    this.#kept.set(id, { ...made, share })
    return share
  }

  async open(tokenHash: Buffer) {
    const kept = [...this.#kept.values()].find((one) => one.tokenHash.equals(tokenHash))
    if (!kept) return undefined
    const isOver = kept.share.revokedAt !== null || Date.parse(kept.share.expiresAt) <= Date.now()
    return { share: kept.share, snapshot: isOver ? undefined : kept.snapshot }
  }

  async list(createdBy: string | undefined) {
    const all = [...this.#kept.values()].map(({ share }) => share)
    return all.filter((share) => createdBy === undefined || share.createdBy === createdBy)
  }

  async revoke(id: string, createdBy: string | undefined) {
    const kept = this.#kept.get(id)
    if (!kept || (createdBy !== undefined && kept.createdBy !== createdBy)) return undefined
    kept.share = { ...kept.share, revokedAt: isoTime(Date.now() * 1000) }
    return kept.share
  }
}

function checkQuery(q: string): void {
  const match = /(\w+):/.exec(q)
  if (match && match[1] !== 'callid') throw new QueryMistake(match[1]!, match.index)
}

export function isoTime(us: number): string {
  const seconds = Math.floor(us / 1e6)
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`
}

const messageOf = ({ message, taps }: FoldedMessage): CallMessage => ({
  at: isoTime(message.atUs),
  src: { ip: message.srcIp, port: message.srcPort },
  dst: { ip: message.dstIp, port: message.dstPort },
  transport: { 6: 'TCP', 17: 'UDP' }[message.ipProtocol] ?? String(message.ipProtocol),
  label: labelOf(message),
  cseq: cseqOf(message),
  raw: message.payload.toString(),
  taps: taps.map(({ atUs, receivedUs, captureId, captureNode, clockClamped }) => ({
    ...{ at: isoTime(atUs), receivedAt: isoTime(receivedUs), captureId },
    ...{ capturedBy: captureNode, clockClamped },
  })),
  callId: message.sip?.callId ?? message.correlationId,
  protocol: message.protocolType,
})
