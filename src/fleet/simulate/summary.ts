// Several runs of one policy (one for each seed) as one line of a table, and lines as text or Markdown.
import { type ByCause, CAUSES, type Cause, noCauses } from './rates.ts'
import type { SimulationResult } from './simulate.ts'

/** Means over the runs; what is a worst case stays one. */
export interface Summary {
  readonly policy: string
  readonly runs: number
  readonly lostShare: number
  /** Shares of all packets. */
  readonly lostBy: ByCause
  readonly worstMinuteLoss: number
  readonly delayP50: number
  readonly delayP99: number
  readonly badMinutes: number
  readonly nodesMean: number
  readonly nodesMost: number
  readonly onDemandHours: number
  readonly spotHours: number
  readonly dollars: number
  readonly dollarsPerMillion: number
  readonly changes: number
  readonly flaps: number
  readonly skewP95: number
  readonly underAccuracy: number
  readonly overAccuracy: number
  readonly underTimeshare: number
  readonly overTimeshare: number
  /** Mean of those that recovered; null when the trace has no step. */
  readonly recoverySeconds: number | null
  /** Runs that had not recovered when the trace ended. */
  readonly neverRecovered: number
}

export function summarise(results: readonly SimulationResult[]): Summary {
  const runs = results.length
  const mean = (value: (result: SimulationResult) => number) =>
    results.reduce((sum, result) => sum + value(result), 0) / runs
  const most = (value: (result: SimulationResult) => number) => Math.max(...results.map(value))
  const lostBy = noCauses()
  for (const cause of CAUSES) lostBy[cause] = mean(({ lost, sent }) => lost[cause] / (sent || 1))
  const recovered = results.flatMap(({ recoverySeconds }) => recoverySeconds ?? [])
  return {
    ...{ policy: results[0]!.policy, runs, lostBy },
    lostShare: mean(({ lostShare }) => lostShare),
    worstMinuteLoss: most(({ worstMinuteLoss }) => worstMinuteLoss),
    delayP50: mean(({ delayP50 }) => delayP50),
    delayP99: mean(({ delayP99 }) => delayP99),
    badMinutes: mean(({ badMinutes }) => badMinutes),
    nodesMean: mean(({ nodesMean }) => nodesMean),
    nodesMost: most(({ nodesMost }) => nodesMost),
    onDemandHours: mean(({ onDemandHours }) => onDemandHours),
    spotHours: mean(({ spotHours }) => spotHours),
    dollars: mean(({ cost }) => cost.total),
    dollarsPerMillion: mean(({ cost }) => cost.perMillion),
    changes: mean(({ changes }) => changes.length),
    flaps: mean(({ flaps }) => flaps),
    skewP95: mean(({ skewP95 }) => skewP95),
    underAccuracy: mean(({ underAccuracy }) => underAccuracy),
    overAccuracy: mean(({ overAccuracy }) => overAccuracy),
    underTimeshare: mean(({ underTimeshare }) => underTimeshare),
    overTimeshare: mean(({ overTimeshare }) => overTimeshare),
    recoverySeconds:
      recovered.length > 0 ? recovered.reduce((a, b) => a + b, 0) / recovered.length : null,
    neverRecovered: results.filter(({ hasRecovered }) => !hasRecovered).length,
  }
}

/** What each column says; head and cell, in order. */
export const COLUMNS: readonly (readonly [head: string, cell: (summary: Summary) => string])[] = [
  ['lost', (s) => shareText(s.lostShare)],
  ['mostly by', (s) => mainCause(s) ?? '–'],
  ['worst minute', (s) => shareText(s.worstMinuteLoss)],
  ['delay p50', (s) => secondsText(s.delayP50)],
  ['p99', (s) => secondsText(s.delayP99)],
  ['bad minutes', (s) => s.badMinutes.toFixed(s.badMinutes < 10 ? 1 : 0)],
  ['nodes mean / most', (s) => `${s.nodesMean.toFixed(1)} / ${s.nodesMost}`],
  ['hours on-demand / spot', (s) => `${s.onDemandHours.toFixed(1)} / ${s.spotHours.toFixed(1)}`],
  ['cost', (s) => `$${s.dollars.toFixed(2)}`],
  ['per million', (s) => `$${s.dollarsPerMillion.toFixed(4)}`],
  ['changes / flaps', (s) => `${s.changes.toFixed(0)} / ${s.flaps.toFixed(0)}`],
  ['skew p95', (s) => s.skewP95.toFixed(1)],
  ['short / idle', (s) => `${percent(s.underAccuracy)} / ${percent(s.overAccuracy)}`],
  ['of the time', (s) => `${percent(s.underTimeshare)} / ${percent(s.overTimeshare)}`],
  ['well again after', recoveryText],
]

export function mainCause({ lostBy }: Summary): Cause | undefined {
  const ranked = CAUSES.filter((cause) => lostBy[cause] > 1e-9)
  return ranked.sort((a, b) => lostBy[b] - lostBy[a])[0]
}

export function recoveryText({ neverRecovered, recoverySeconds, runs }: Summary): string {
  if (neverRecovered === runs) return 'never'
  if (recoverySeconds === null) return '–'
  const text = recoverySeconds === 0 ? 'at once' : secondsText(recoverySeconds)
  return neverRecovered > 0 ? `${text}, ${neverRecovered} never` : text
}

/** A plain table for the terminal, policies down the side. */
export function textTable(summaries: readonly Summary[]): string {
  const rows = [
    ['policy', ...COLUMNS.map(([head]) => head)],
    ...summaries.map((summary) => [summary.policy, ...COLUMNS.map(([, cell]) => cell(summary))]),
  ]
  // On its side: a policy a column, so that it fits a terminal.
  const turned = rows[0]!.map((_, column) => rows.map((row) => row[column]!))
  const widths = rows.map((_, i) => Math.max(...turned.map((row) => row[i]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('   ')
      .trimEnd()
  return turned.map(line).join('\n')
}

export function shareText(share: number): string {
  if (share < 1e-9) return 'none'
  return share < 1e-4 ? '< 0.01 %' : `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`
}

export function secondsText(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  return seconds < 6_000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
