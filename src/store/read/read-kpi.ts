// KPIs per minute, or per longer step: the counts of all nodes and minutes added, ratios and
// percentiles from the sums. A step in which nothing was captured has no row: that is a gap, not zero.
import type { SQL } from 'bun'
import type { KpiMinute } from '#contract'
import { SETUP_MS_BOUNDS } from '../kpi-buckets.ts'
import { readSession } from './read-session.ts'
import { SqlParams, usSql } from './sql-params.ts'
import { timeText } from './time-text.ts'

const SUMS = [
  'attempts',
  'answered',
  'failed',
  'cancelled',
  'registrations',
  'registered',
  'registrations_failed',
  'messages',
  'setup_ms_sum',
  'setup_count',
] as const
type SumName = (typeof SUMS)[number]

type NodeMinute = { readonly [Name in SumName]: string } & {
  readonly minute_us: string
  readonly setup_ms_histogram: readonly (number | string)[]
  readonly failures: Readonly<Record<string, number>>
}

interface MinuteSum extends Record<SumName, number> {
  readonly histogram: number[]
  readonly failures: Record<string, number>
}

/** Steps in which something happened, oldest first; `stepSeconds` 0 makes the range one step. */
export async function readKpi(
  sql: SQL,
  fromUs: number,
  toUs: number,
  stepSeconds = 60,
): Promise<readonly KpiMinute[]> {
  const params = new SqlParams()
  const text = `
    select ${usSql('minute')} as minute_us, ${SUMS.join(', ')}, setup_ms_histogram, failures
    from kpi_minutes where minute >= ${params.time(fromUs)} and minute < ${params.time(toUs)}
    order by minute`
  const { signal } = new AbortController()
  const rows = await readSession(sql, { signal }, (session) =>
    session.rows<NodeMinute>(text, params.values),
  )
  const stepUs = stepSeconds * 1e6
  const startOf = (us: number) => (stepUs === 0 ? fromUs : Math.floor(us / stepUs) * stepUs)
  const steps = Map.groupBy(rows, ({ minute_us }) => startOf(Number(minute_us)))
  return [...steps].map(([us, nodes]) => kpiMinute(timeText(us), nodes))
}

function kpiMinute(minute: string, nodes: readonly NodeMinute[]): KpiMinute {
  const sum = nodes.reduce(add, emptySum())
  const { attempts, answered, failed, cancelled, registrations, registered, messages } = sum
  return {
    minute,
    ...{ attempts, answered, failed, cancelled, registrations, registered, messages },
    registrationsFailed: sum.registrations_failed,
    asr: percent(answered, attempts),
    ner: percent(answered + cancelled + unreached(sum.failures), attempts),
    seer: seerOf(sum),
    setupMsMean: sum.setup_count === 0 ? null : Math.round(sum.setup_ms_sum / sum.setup_count),
    setupMsP50: setupPercentile(sum.histogram, 0.5),
    setupMsP95: setupPercentile(sum.histogram, 0.95),
    failures: sum.failures,
  }
}

function emptySum(): MinuteSum {
  const zeros = Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>
  return { ...zeros, histogram: SETUP_MS_BOUNDS.map(() => 0), failures: {} }
}

function add(sum: MinuteSum, node: NodeMinute): MinuteSum {
  for (const name of SUMS) sum[name] += Number(node[name])
  for (const [bucket, count] of node.setup_ms_histogram.entries())
    if (bucket < sum.histogram.length) sum.histogram[bucket]! += Number(count)
  for (const [status, count] of Object.entries(node.failures))
    sum.failures[status] = (sum.failures[status] ?? 0) + count
  return sum
}

/**
 * The network did its part when the user was busy or did not answer (ITU-T E.411): these statuses, and
 * calls given up while ringing. 487 is the answer to a CANCEL, which counts as cancelled already.
 */
const USER_STATUSES = ['408', '480', '486', '600']

function unreached(failures: Readonly<Record<string, number>>): number {
  return USER_STATUSES.reduce((sum, status) => sum + (failures[status] ?? 0), 0)
}

/**
 * RFC 6076 §4.7: INVITEs answered 200, 480, 486, 600 or 603 over all but those redirected or
 * challenged. A challenge the caller met with credentials is no attempt of its own here.
 */
function seerOf({ attempts, answered, failures }: MinuteSum): number | null {
  const count = (matches: (status: string) => boolean) =>
    Object.entries(failures).reduce((sum, [status, n]) => sum + (matches(status) ? n : 0), 0)
  const decided = count((status) => EFFECTIVE_STATUSES.includes(status))
  const elsewhere = count((status) => status.startsWith('3') || status === '402')
  return percent(answered + decided, attempts - elsewhere)
}

const EFFECTIVE_STATUSES = ['480', '486', '600', '603']

/** To a hundredth; never above 100 when an answer is counted in a later minute than its attempt. */
function percent(part: number, whole: number): number | null {
  return whole <= 0 ? null : Math.min(100, Math.round((part / whole) * 10_000) / 100)
}

/** Within its bucket a value is taken to lie evenly; above the last bound the bound is what is known. */
export function setupPercentile(histogram: readonly number[], part: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let below = 0
  for (const [bucket, count] of histogram.entries()) {
    const low = SETUP_MS_BOUNDS[bucket - 1] ?? 0
    const high = SETUP_MS_BOUNDS[bucket] ?? Number.POSITIVE_INFINITY
    if (below + count >= total * part) {
      if (high === Number.POSITIVE_INFINITY) return low
      return Math.round(low + ((total * part - below) / count) * (high - low))
    }
    below += count
  }
  return null
}
