// Goes over time in steps and compares what two recorders of the same traffic have of each. Only what is
// old enough that both have surely stored it is looked at (`settleMs`); then either to an end, or on and
// on behind the clock.
import type { SQL } from 'bun'
import { pause } from '#backoff'
import { messagesBetween, nextMessageUs } from '#store'
import { listParts } from '../homer7-parts.ts'
import { Comparison, type ComparisonCounts, type Finding } from './comparison.ts'
import { type Homer7Table, nextRowUs, readHomer } from './read-homer.ts'
import { type Sighting, sightingOfMessage } from './sighting.ts'

export interface ShadowOptions {
  /** The database with the homer7 tables. */
  readonly homer: SQL
  readonly calliope: SQL
  readonly fromMs: number
  /** Undefined: goes on behind the clock until the signal aborts. */
  readonly toMs: number | undefined
  readonly signal: AbortSignal
  /** heplify-server writes after four seconds at most, mostly. @default 30000 */
  readonly settleMs?: number
  /** @default 5000 */
  readonly stepMs?: number
  readonly onFinding: (finding: Finding) => void
  /** After each step: how far it is, and the sums so far. */
  readonly onStep?: (toMs: number, counts: ComparisonCounts) => void
}

const SETTLE_MS = 30_000
const STEP_MS = 5_000
/** Segments of live traffic are as long as a batch took; merged ones as long as a call. */
const REACH_US = 15 * 60e6
const MERGED_REACH_US = 24 * 3_600e6
const MERGED_AFTER_MS = 3_600_000

/** Compares and resolves with the sums; rejects when a database cannot be read. */
export async function watchShadow(options: ShadowOptions): Promise<ComparisonCounts> {
  const { homer, fromMs, toMs = Number.POSITIVE_INFINITY, signal, onFinding, onStep } = options
  const { settleMs = SETTLE_MS, stepMs = STEP_MS } = options
  const comparison = new Comparison({ onFinding })
  const tables = tablesOf(await listParts(homer))
  for (let atMs = fromMs; atMs < toMs && !signal.aborted; ) {
    const endMs = Math.min(atMs + stepMs, toMs)
    await pause(Math.max(0, endMs + settleMs - Date.now()), signal)
    if (signal.aborted) break
    const [theirs, ours] = await Promise.all([
      readHomer(homer, tables, atMs * 1_000, endMs * 1_000),
      readCalliope(options, atMs, endMs),
    ])
    comparison.add(theirs, ours, endMs * 1_000)
    onStep?.(endMs, comparison.counts)
    const isEmpty = theirs.length + ours.length === 0
    atMs = isEmpty ? await nextTime(options, tables, endMs, toMs) : endMs
  }
  comparison.finish()
  return comparison.counts
}

const tablesOf = (parts: readonly { readonly table: string; readonly hepType: number }[]) => [
  ...new Map<string, Homer7Table>(
    parts.map(({ table, hepType }) => [table, { name: table, hepType }]),
  ).values(),
]

// Nights, and ranges of weeks, are passed over where neither has anything.
async function nextTime(
  { homer, calliope, signal, settleMs = SETTLE_MS }: ShadowOptions,
  tables: readonly Homer7Table[],
  fromMs: number,
  toMs: number,
): Promise<number> {
  const fromUs = fromMs * 1_000
  const range = { fromUs, reachUs: reachOf(fromMs) }
  const [theirs, ours] = await Promise.all([
    nextRowUs(homer, tables, fromUs),
    nextMessageUs(calliope, range, signal),
  ])
  const nextMs = Math.floor(Math.min(theirs ?? Infinity, ours ?? Infinity) / 1_000)
  return Math.max(fromMs, Math.min(nextMs, toMs, Date.now() - settleMs))
}

const reachOf = (fromMs: number): number =>
  fromMs < Date.now() - MERGED_AFTER_MS ? MERGED_REACH_US : REACH_US

async function readCalliope(
  { calliope, signal }: ShadowOptions,
  fromMs: number,
  toMs: number,
): Promise<readonly Sighting[]> {
  const range = { fromUs: fromMs * 1_000, toUs: toMs * 1_000, reachUs: reachOf(fromMs) }
  const found: Sighting[] = []
  for await (const page of messagesBetween(calliope, range, signal))
    for (const message of page) found.push(sightingOfMessage(message))
  return found
}
