// Who sends, and what of it was refused.
import type { SQL } from 'bun'
import type { Quarantined, Source } from '#contract'
import { REJECT_REASONS } from '#ledger'
import { readSession } from './read-session.ts'
import { SqlParams, usSql } from './sql-params.ts'
import { timeText } from './time-text.ts'

const SOURCES_MAX = 10_000
const QUARANTINE_MAX = 1_000
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
    const rows = await readSession(this.#sql, { signal }, (session) =>
      session.rows<SourceRow>(
        `select node, peer_ip, transport, capture_id, captured_by, hep_version, packets, bytes,
          rejected, clock_skew_ms, largest_bytes, ${usSql('first_seen_at')} as first_us,
          ${usSql('last_seen_at')} as last_us, ${usSql('clock_timestamp()')} as now_us
        from sources order by last_seen_at desc, node, peer_ip, capture_id limit ${SOURCES_MAX}`,
        [],
      ),
    )
    const readings = new Map<string, Reading>()
    const sources = rows.map((row) => {
      const key = JSON.stringify([
        row.node,
        row.peer_ip,
        row.transport,
        row.capture_id,
        row.captured_by,
        row.hep_version,
      ])
      const reading = readingOf(row, this.#readings.get(key))
      readings.set(key, reading)
      return sourceOf(row, reading.rate)
    })
    this.#readings = readings
    return sources
  }
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

function sourceOf(row: SourceRow, rate: number): Source {
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
  }
}

interface QuarantineRow {
  readonly id: string
  readonly received_us: string
  readonly node: string
  readonly transport: string
  readonly peer: string
  readonly reason: string
  readonly detail: string
  readonly byte_offset: number
  readonly frame: Buffer
}

/** The newest frames that failed a check. */
export async function readQuarantine(sql: SQL, limit: number): Promise<readonly Quarantined[]> {
  const params = new SqlParams()
  const rowsMax = params.integer(Math.max(0, Math.min(Math.floor(limit), QUARANTINE_MAX)))
  const text = `select id, ${usSql('received_at')} as received_us, node, transport, peer, reason, detail,
    byte_offset, frame from quarantine order by id desc limit ${rowsMax}`
  const { signal } = new AbortController()
  const rows = await readSession(sql, { signal }, (session) =>
    session.rows<QuarantineRow>(text, params.values),
  )
  return rows.map((row) => ({
    id: String(row.id),
    receivedAt: timeText(Number(row.received_us)),
    node: row.node,
    transport: row.transport,
    peer: row.peer,
    reason: REJECT_REASONS.find((reason) => reason === row.reason) ?? 'not_hep',
    detail: row.detail,
    byteOffset: row.byte_offset,
    frame: row.frame.toString('base64'),
  }))
}
