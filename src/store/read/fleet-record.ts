// The fleet's history as the screen asks for it: samples of all nodes added up per step of time, and
// the events of a range.
import type { SQL } from 'bun'
import type { FleetEvent, FleetPoint, NewFleetEvent } from '#contract'
import { readSession } from './read-session.ts'
import { SqlParams, usSql } from './sql-params.ts'
import { timeText } from './time-text.ts'

const FINE_SECONDS = 2
const COARSE_SECONDS = 60
/** A node writes a span with its next heartbeat; before, it would look as if the node had gone. */
const SETTLE_SECONDS = 4

/** What the API needs of it. */
export interface FleetRecord {
  /** Whole steps in which a node was there, oldest first; the last few seconds are not told yet. */
  points(fromUs: number, toUs: number, stepSeconds: number): Promise<readonly FleetPoint[]>
  /** Newest first. */
  events(fromUs: number, toUs: number, limit: number): Promise<readonly FleetEvent[]>
  /** Packets dropped within the last minute, by node. */
  droppedLately(): Promise<ReadonlyMap<string, number>>
  /** Events about the fleet that a node cannot know. */
  tell(event: NewFleetEvent): Promise<void>
}

interface PointRow {
  readonly us: string
  readonly nodes: number
  readonly rate: number
  readonly rate_max: number
  readonly spool_age: number
  readonly dropped: number
  readonly cpu_cores: number | null
}

interface EventRow {
  readonly us: string
  readonly kind: FleetEvent['kind']
  readonly node: string
  readonly reason: string
  readonly nodes_from: number | null
  readonly nodes_to: number | null
}

/** The record in a database. */
export const openFleetRecord = (sql: SQL): FleetRecord => ({
  points: (fromUs, toUs, stepSeconds) => readPoints(sql, { fromUs, toUs, stepSeconds }),
  events: (fromUs, toUs, limit) => readEvents(sql, fromUs, toUs, limit),
  droppedLately: () => readDropped(sql),
  tell: async ({ kind, node = '', reason, nodesFrom = null, nodesTo = null }) => {
    await sql`insert into fleet_events (kind, node, reason, nodes_from, nodes_to)
      values (${kind}, ${node}, ${reason}, ${nodesFrom}, ${nodesTo})`
  },
})

interface Range {
  readonly fromUs: number
  readonly toUs: number
  readonly stepSeconds: number
}

/** Whole steps only. Spans of a step may hold more or fewer nodes; it shows the most at once. */
async function readPoints(sql: SQL, { fromUs, toUs, stepSeconds }: Range): Promise<FleetPoint[]> {
  const isFine = stepSeconds < COARSE_SECONDS
  const params = new SqlParams()
  const step = params.integer(stepSeconds)
  const text = `
    with spans as (
      select at, count(*) as nodes, sum(packets / greatest(seconds, 0.1)) as rate,
        max(packets / greatest(seconds, 0.1)) as rate_max, max(spool_age) as spool_age,
        sum(dropped) as dropped, sum(cpu_cores) as cpu_cores
      from fleet_samples
      where span_seconds = ${isFine ? FINE_SECONDS : COARSE_SECONDS}
        and at >= ${params.time(fromUs)} and at < ${params.time(toUs)}
        and at < to_timestamp(
          floor((extract(epoch from now()) - ${SETTLE_SECONDS}) / ${step}) * ${step})
      group by at)
    select (floor(extract(epoch from at) / ${step}) * ${step} * 1000000)::bigint as us,
      max(nodes)::int as nodes, avg(rate)::float8 as rate, max(rate_max)::float8 as rate_max,
      max(spool_age)::float8 as spool_age, sum(dropped)::float8 as dropped,
      avg(cpu_cores)::float8 as cpu_cores
    from spans group by 1 order by 1`
  const rows = await readRows<PointRow>(sql, text, params)
  return rows.map((row) => ({
    at: timeText(Number(row.us)),
    nodes: row.nodes,
    packetsPerSecond: rounded(row.rate),
    packetsPerSecondMax: rounded(row.rate_max),
    spoolAgeSeconds: rounded(row.spool_age),
    dropped: row.dropped,
    cpuCores: row.cpu_cores === null ? null : rounded(row.cpu_cores),
  }))
}

async function readEvents(
  sql: SQL,
  fromUs: number,
  toUs: number,
  limit: number,
): Promise<FleetEvent[]> {
  const params = new SqlParams()
  const text = `
    select ${usSql('at')} as us, kind, node, reason, nodes_from, nodes_to from fleet_events
    where at >= ${params.time(fromUs)} and at < ${params.time(toUs)}
    order by at desc, id desc limit ${params.integer(limit)}`
  const rows = await readRows<EventRow>(sql, text, params)
  return rows.map(({ us, kind, node, reason, nodes_from, nodes_to }) => ({
    ...{ at: timeText(Number(us)), kind, node, reason },
    ...{ nodesFrom: nodes_from, nodesTo: nodes_to },
  }))
}

async function readDropped(sql: SQL): Promise<ReadonlyMap<string, number>> {
  const rows = await readRows<{ readonly node: string; readonly dropped: number }>(
    sql,
    `select node, sum(dropped)::float8 as dropped from fleet_samples
    where span_seconds = ${FINE_SECONDS} and at > now() - interval '1 minute' group by node`,
    new SqlParams(),
  )
  return new Map(rows.map(({ node, dropped }) => [node, dropped]))
}

function readRows<Row>(sql: SQL, text: string, { values }: SqlParams): Promise<readonly Row[]> {
  const { signal } = new AbortController()
  return readSession(sql, { signal }, (session) => session.rows<Row>(text, values))
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000
