// The ledger over all spools and lanes that ever wrote to this database, and the nodes behind them.
import type { SQL } from 'bun'
import type { Ledger, NodeRow } from '#contract'
import { type LedgerCounts, readSteady } from '#ledger'
import { type CursorCounts, ledgerOf, type SpoolCounts } from './lane-ledger.ts'
import { readSession } from './read-session.ts'
import { usSql } from './sql-params.ts'
import { timeText } from './time-text.ts'

/** A node that was silent for so long is lost: it sends a heartbeat every few seconds. */
export const LOST_MS = 15_000

/** The counters of one lane of this process, read from its memory. */
export interface LiveLane {
  readonly spoolId: string
  readonly lane: string
  readonly counts: LedgerCounts
}

interface CursorRow {
  readonly spool_id: string
  readonly lane: string
  readonly records: string
  readonly stored: string
  readonly rejected: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly intake: Partial<LedgerCounts>
}

interface NodeRecord {
  readonly node: string
  readonly spool_id: string
  readonly version: string
  readonly state: string
  readonly started_us: string
  readonly heartbeat_us: string
  readonly age_ms: string
  readonly ledger: Partial<LedgerCounts>
  readonly signals: Readonly<Record<string, number>>
}

interface Known {
  readonly cursors: ReadonlyMap<string, readonly CursorCounts[]>
  readonly nodes: readonly NodeRecord[]
}

/** Everything received and what became of it, balanced by numbers counted independently. */
export async function readLedger(sql: SQL, liveLanes: () => readonly LiveLane[]): Promise<Ledger> {
  const known = await readKnown(sql)
  // After the database: what is stored by now was certainly appended before.
  const live = Map.groupBy(await readSteady(liveLanes), ({ spoolId }) => spoolId)
  const spoolIds = [...known.cursors.keys(), ...known.nodes.map((node) => node.spool_id)]
  return ledgerOf(
    [...new Set([...spoolIds, ...live.keys()])].map((spoolId) => spoolCounts(known, spoolId, live)),
  )
}

/** The nodes by name, with the ledger of each one's spool. */
export async function readNodes(
  sql: SQL,
  liveLanes: () => readonly LiveLane[],
): Promise<readonly NodeRow[]> {
  const known = await readKnown(sql)
  const live = Map.groupBy(await readSteady(liveLanes), ({ spoolId }) => spoolId)
  return known.nodes.map((node) => ({
    node: node.node,
    version: node.version,
    state: stateOf(node),
    startedAt: timeText(Number(node.started_us)),
    heartbeatAt: timeText(Number(node.heartbeat_us)),
    ledger: ledgerOf([spoolCounts(known, node.spool_id, live)]),
    signals: node.signals,
  }))
}

function spoolCounts(
  { cursors, nodes }: Known,
  spoolId: string,
  live: ReadonlyMap<string, readonly LiveLane[]>,
): SpoolCounts {
  const alive = nodes.filter((node) => node.spool_id === spoolId && isAlive(node))
  const heartbeats = alive.flatMap(({ ledger }) => countsOf(ledger) ?? [])
  return {
    lanes: cursors.get(spoolId) ?? [],
    live: new Map((live.get(spoolId) ?? []).map(({ lane, counts }) => [lane, counts])),
    heartbeat: heartbeats.toSorted((a, b) => b.received - a.received)[0],
  }
}

/** Both tables as of one moment. */
async function readKnown(sql: SQL): Promise<Known> {
  const { signal } = new AbortController()
  return readSession(sql, { signal }, async (session) => {
    const cursors = await session.rows<CursorRow>(
      'select spool_id, lane, records, stored, rejected, dropped, intake from spool_cursors',
      [],
    )
    const nodes = await session.rows<NodeRecord>(
      `select node, spool_id, version, state, ${usSql('started_at')} as started_us,
        ${usSql('heartbeat_at')} as heartbeat_us, ledger, signals,
        (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::bigint as age_ms
      from nodes order by node`,
      [],
    )
    return { nodes, cursors: groupCursors(cursors) }
  })
}

function groupCursors(rows: readonly CursorRow[]): ReadonlyMap<string, readonly CursorCounts[]> {
  const groups = Map.groupBy(rows, (row) => row.spool_id)
  const counts = ({
    lane,
    records,
    stored,
    rejected,
    dropped,
    intake,
  }: CursorRow): CursorCounts => ({
    lane,
    records: Number(records),
    stored: Number(stored),
    rejected,
    dropped,
    intake: countsOf(intake),
  })
  return new Map([...groups].map(([spoolId, group]) => [spoolId, group.map(counts)]))
}

/** Undefined for the empty object that stands there before anything was counted. */
function countsOf(counts: Partial<LedgerCounts>): LedgerCounts | undefined {
  if (counts.received === undefined) return undefined
  return {
    received: counts.received,
    appended: counts.appended ?? 0,
    rejected: counts.rejected ?? {},
    dropped: counts.dropped ?? {},
  }
}

function isAlive({ state, age_ms }: NodeRecord): boolean {
  return state !== 'stopped' && Number(age_ms) <= LOST_MS
}

const STATES = ['starting', 'ready', 'draining', 'stopped'] as const

function stateOf(node: NodeRecord): NodeRow['state'] {
  if (node.state !== 'stopped' && !isAlive(node)) return 'lost'
  return STATES.find((state) => state === node.state) ?? 'lost'
}
