// What heartbeats leave behind: samples of the node's rate, backlog and CPU in two resolutions, and an
// event when it came, began to drain, went, or was found silent.
//
//   beat, each second ─▶ sums of the running 2 s span   ─▶ a row when the span is over
//                     └▶ sums of the running minute     ─▶ a row when the minute is over
//
// Rows are only ever inserted; a crash loses the running minute of the long graph. Spans are told by
// the database's clock, read once a minute, so that nodes whose clocks differ share their spans.
import type { SQL } from 'bun'
import type { Heartbeat } from './heartbeat.ts'

const SPANS_SECONDS = [2, 60] as const
const CLOCK_EVERY_MS = 60_000
const LOOK_FOR_LOST_EVERY_MS = 5_000
/** As in read/read-ledger.ts: who is silent for so long is lost. */
const LOST_SECONDS = 15
/** Who was lost before that has been told of by somebody. */
const LOST_LOOK_HOURS = 24

interface Span {
  readonly seconds: number
  index: number
  coveredMs: number
  packets: number
  dropped: number
  spoolAge: number
  cpuMs: number | undefined
}

/** The history of one node; `note` is told every heartbeat. */
export class FleetHistory {
  readonly #spans: Span[] = SPANS_SECONDS.map((seconds) => emptySpan(seconds, -1))
  #aheadMs = 0 // of the database's clock before ours
  #clockReadMs = Number.NEGATIVE_INFINITY
  #lostLookMs = Number.NEGATIVE_INFINITY
  #state: Heartbeat['state'] | undefined
  #last: { readonly atMs: number; readonly received: number; readonly dropped: number } | undefined

  /** Writes what is due; `nowMs` is a clock that only goes forward. */
  async note(sql: SQL, beat: Heartbeat, nowMs = performance.now()): Promise<void> {
    if (nowMs - this.#clockReadMs > CLOCK_EVERY_MS) await this.#readClock(sql, nowMs)
    await this.#noteState(sql, beat)
    for (const span of this.#add(beat, nowMs)) await insertSpan(sql, beat.node, span)
    if (nowMs - this.#lostLookMs < LOOK_FOR_LOST_EVERY_MS) return
    this.#lostLookMs = nowMs
    await noteLost(sql)
  }

  async #readClock(sql: SQL, nowMs: number): Promise<void> {
    const [{ ms }] = await sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`
    // A correction backwards would fill a span twice: then the clock stands still for that long.
    this.#aheadMs = ms - nowMs
    this.#clockReadMs = nowMs
  }

  async #noteState(sql: SQL, { node, state, startedAt, ledger }: Heartbeat): Promise<void> {
    if (state === this.#state) return
    if (this.#state === undefined) await noteComing(sql, node, startedAt)
    if (state === 'draining') await noteLife(sql, 'draining', node, startedAt, '')
    if (state === 'stopped') {
      const text = `stopped after ${ledger.received.toLocaleString('en-US')} packets`
      await noteLife(sql, 'gone', node, startedAt, text)
    }
    this.#state = state
  }

  /** Adds the time since the last beat, and returns the spans that are over. */
  #add({ state, ledger, signals }: Heartbeat, nowMs: number): Span[] {
    const dropped = Object.values(ledger.dropped).reduce((sum, n) => sum + n, 0)
    const last = this.#last ?? { atMs: nowMs, received: ledger.received, dropped }
    this.#last = { atMs: nowMs, received: ledger.received, dropped }
    const ms = nowMs - last.atMs
    const over: Span[] = []
    for (const [place, running] of this.#spans.entries()) {
      const index = Math.floor((nowMs + this.#aheadMs) / 1000 / running.seconds)
      const span = index > running.index ? emptySpan(running.seconds, index) : running
      if (span !== running && running.coveredMs > 0) over.push(running)
      this.#spans[place] = span
      span.coveredMs += ms
      span.packets += Math.max(0, ledger.received - last.received)
      span.dropped += Math.max(0, dropped - last.dropped)
      span.spoolAge = Math.max(span.spoolAge, signals.spoolAgeSeconds ?? 0)
      if (signals.cpuCores !== undefined) span.cpuMs = (span.cpuMs ?? 0) + signals.cpuCores * ms
    }
    return state === 'stopped' ? [...over, ...this.#spans] : over
  }
}

const emptySpan = (seconds: number, index: number): Span => ({
  ...{ seconds, index, coveredMs: 0, packets: 0, dropped: 0, spoolAge: 0, cpuMs: undefined },
})

async function insertSpan(sql: SQL, node: string, span: Span): Promise<void> {
  const { seconds, index, coveredMs, packets, dropped, spoolAge, cpuMs } = span
  if (coveredMs === 0) return
  await sql`
    insert into fleet_samples (span_seconds, at, node, seconds, packets, dropped, spool_age, cpu_cores)
    values (${seconds}, to_timestamp(${index * seconds}), ${node}, ${coveredMs / 1000}, ${packets},
      ${dropped}, ${spoolAge}, ${cpuMs === undefined ? null : cpuMs / coveredMs})
    on conflict (span_seconds, at, node) do update set
      seconds = fleet_samples.seconds + excluded.seconds,
      packets = fleet_samples.packets + excluded.packets,
      dropped = fleet_samples.dropped + excluded.dropped,
      spool_age = greatest(fleet_samples.spool_age, excluded.spool_age)`
}

async function noteLife(sql: SQL, kind: string, node: string, life: Date, reason: string) {
  await sql`insert into fleet_events (kind, node, life, reason)
    values (${kind}, ${node}, ${life}, ${reason}) on conflict do nothing`
}

/** The row of nodes still tells of the life before, when our first beat has not replaced it. */
async function noteComing(sql: SQL, node: string, life: Date): Promise<void> {
  await sql`insert into fleet_events (at, kind, node, life, reason)
    select heartbeat_at, 'lost', node, started_at, 'was started again without having stopped'
    from nodes where node = ${node} and state <> 'stopped' and started_at <> ${life}
    on conflict do nothing`
  await noteLife(sql, 'came', node, life, '')
}

async function noteLost(sql: SQL): Promise<void> {
  await sql`insert into fleet_events (at, kind, node, life, reason)
    select heartbeat_at, 'lost', node, started_at, 'its heartbeats ended without a goodbye'
    from nodes where state <> 'stopped'
      and heartbeat_at < now() - make_interval(secs => ${LOST_SECONDS})
      and heartbeat_at > now() - make_interval(hours => ${LOST_LOOK_HOURS})
    on conflict do nothing`
}
