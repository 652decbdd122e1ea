// Who sends, how fast, and what may be wrong with it.
import type { SQL } from 'bun'
import type { Source } from '#contract'
import { readSession } from './read-session.ts'
import { usSql } from './sql-params.ts'
import { timeText } from './time-text.ts'

const SOURCES_MAX = 10_000
/** Minutes of the curve. */
const RECENT_MINUTES = 60
/** A source that was silent for so long sends nothing a second. */
const SILENT_US = 60_000_000

interface SourceRow {
  readonly node: string
  readonly peer_ip: string
  readonly transport: string
  readonly capture_id: string
  readonly captured_by: string
  readonly hep_version: number
  readonly packets: string
  readonly bytes: string
  readonly rejected: string
  readonly clock_skew_ms: string
  readonly largest_bytes: number
  readonly first_us: string
  readonly last_us: string
  readonly now_us: string
  readonly reasons: Source['reasons']
  readonly duplicates: string
  readonly truncated: string
  readonly large: string
}

/** What a source sent in one minute. */
interface MinuteRow
  extends Pick<
    SourceRow,
    'node' | 'peer_ip' | 'transport' | 'capture_id' | 'captured_by' | 'hep_version'
  > {
  readonly minutes_ago: number
  readonly packets: string
}

interface Reading {
  readonly packets: number
  readonly lastUs: number
  readonly rate: number
}

/** Remembers the last reading of each source, to tell how fast it is now. */
export class SourceReader {
  readonly #sql: SQL
  #readings: ReadonlyMap<string, Reading> = new Map()

  constructor(sql: SQL) {
    this.#sql = sql
  }

  /** Every source, those heard last first. */
  async read(): Promise<readonly Source[]> {
    const { signal } = new AbortController()
    const { rows, minutes } = await readSession(this.#sql, { signal }, async (session) => ({
      rows: await session.rows<SourceRow>(SOURCES, []),
      minutes: curvesOf(await session.rows<MinuteRow>(MINUTES, [])),
    }))
    const readings = new Map<string, Reading>()
    const sources = rows.map((row) => {
      const key = keyOf(row)
      const reading = readingOf(row, this.#readings.get(key))
      readings.set(key, reading)
      return sourceOf(row, reading.rate, minutes.get(key))
    })
    this.#readings = readings
    return sources
  }
}

const SOURCES = `select node, peer_ip, transport, capture_id, captured_by, hep_version, packets, bytes,
    rejected, clock_skew_ms, largest_bytes, reasons, duplicates, truncated, large,
    ${usSql('first_seen_at')} as first_us, ${usSql('last_seen_at')} as last_us,
    ${usSql('clock_timestamp()')} as now_us
  from sources order by last_seen_at desc, node, peer_ip, capture_id limit ${SOURCES_MAX}`

const MINUTES = `select node, peer_ip, transport, capture_id, captured_by, hep_version, packets,
    round(extract(epoch from date_trunc('minute', clock_timestamp()) - minute) / 60)::int as minutes_ago
  from source_minutes where minute > clock_timestamp() - interval '${RECENT_MINUTES} minutes'`

const keyOf = (row: Omit<MinuteRow, 'minutes_ago' | 'packets'>): string =>
  JSON.stringify([
    ...[row.node, row.peer_ip, row.transport],
    ...[row.capture_id, row.captured_by, row.hep_version],
  ])

/** By source: packets in each of the last minutes, the current one last. */
function curvesOf(rows: readonly MinuteRow[]): ReadonlyMap<string, readonly number[]> {
  const curves = new Map<string, number[]>()
  for (const row of rows) {
    const key = keyOf(row)
    let curve = curves.get(key)
    if (curve === undefined) {
      curve = Array.from({ length: RECENT_MINUTES }, () => 0)
      curves.set(key, curve)
    }
    // A node whose clock is ahead counts in the current minute.
    const at = RECENT_MINUTES - 1 - Math.max(0, row.minutes_ago)
    if (at >= 0) curve[at]! += Number(row.packets)
  }
  return curves
}

/** Packets a second since the last reading; at the first one, since the source was first heard. */
function readingOf(row: SourceRow, before: Reading | undefined): Reading {
  const [packets, lastUs] = [Number(row.packets), Number(row.last_us)]
  if (before !== undefined && before.lastUs === lastUs && before.packets === packets) return before
  const sinceUs = before?.lastUs ?? Number(row.first_us)
  const seconds = Math.max(1, (lastUs - sinceUs) / 1e6)
  const added = Math.max(0, packets - (before?.packets ?? 0))
  return { packets, lastUs, rate: Math.round((added / seconds) * 10) / 10 }
}

function sourceOf(row: SourceRow, rate: number, recent: readonly number[] = []): Source {
  const isSilent = Number(row.now_us) - Number(row.last_us) > SILENT_US
  return {
    node: row.node,
    peer: row.peer_ip,
    transport: row.transport,
    captureId: Number(row.capture_id),
    capturedBy: row.captured_by,
    hepVersion: row.hep_version,
    packets: Number(row.packets),
    bytes: Number(row.bytes),
    rejected: Number(row.rejected),
    packetsPerSecond: isSilent ? 0 : rate,
    clockSkewMs: Number(row.clock_skew_ms),
    largestBytes: row.largest_bytes,
    firstSeenAt: timeText(Number(row.first_us)),
    lastSeenAt: timeText(Number(row.last_us)),
    reasons: row.reasons,
    duplicates: Number(row.duplicates),
    truncated: Number(row.truncated),
    large: Number(row.large),
    recent,
  }
}
