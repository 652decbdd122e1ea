// The segments of one Call-ID together: the state by the merge law of #sip, and the sets of what was
// seen in any of them. What search compares with the query and shows as a row.
import { type CallState, callStateOf, mergeCallStates } from '#sip'
import { listedId } from './loose-segment.ts'
import { hostsOfRow, listOf, lowestMos, type SegmentRow, stateOfRow } from './segment-summary.ts'

const PROTOCOL_SIP = 1

export interface MergedCall {
  /** What it is listed under: the Call-ID, or a name for a segment without one (loose-segment.ts). */
  readonly callId: string
  /** As in the messages: '' when they have none. */
  readonly sentCallId: string
  readonly state: CallState
  readonly hosts: ReadonlySet<string>
  readonly statuses: ReadonlySet<number>
  readonly captureIds: ReadonlySet<number>
  readonly capturedBy: ReadonlySet<string>
  readonly protocols: ReadonlySet<number>
  readonly correlation: ReadonlySet<string>
  /** Configured headers by lower-case name: every value a segment kept. */
  readonly headers: ReadonlyMap<string, ReadonlySet<string>>
  /** The worst anybody reported of its media, in hundredths. */
  readonly mos: number | undefined
  /** False when some of its segments were left out. */
  readonly isWhole: boolean
  /** Every payload, for searching in; none when the messages were not loaded. Decoded at each call. */
  readonly payloads: () => readonly Buffer[]
}

interface MergeOptions {
  readonly isWhole?: boolean
  readonly payloads?: () => readonly Buffer[]
}

/** Merges the segments of one call; there must be one at least. */
export function mergeSegments(
  rows: readonly SegmentRow[],
  { isWhole = true, payloads = () => [] }: MergeOptions = {},
): MergedCall {
  const [first] = rows
  if (first === undefined) throw new RangeError('a call has one segment at least')
  const place = { firstUs: Number(first.first_us), id: String(first.id) }
  return {
    callId: listedId(first.call_id, place),
    sentCallId: first.call_id,
    state: rows.map(stateOfRow).reduce(mergeCallStates, callStateOf([])),
    hosts: unionOf(rows.map(hostsOfRow)),
    statuses: unionOf(rows.map((row) => listOf(row.statuses).map(Number))),
    captureIds: unionOf(rows.map((row) => listOf(row.capture_ids).map(Number))),
    capturedBy: unionOf(rows.map((row) => listOf(row.captured_by, '\n'))),
    protocols: new Set(rows.map(({ protocol }) => protocol)),
    correlation: unionOf(rows.map(({ correlation }) => correlation)),
    headers: headersOf(rows),
    mos: lowestMos(rows.map(({ mos }) => mos)),
    isWhole,
    payloads,
  }
}

/** The protocol a call is listed under: SIP when there is any. */
export function protocolOf({ protocols }: MergedCall): number {
  return protocols.has(PROTOCOL_SIP) ? PROTOCOL_SIP : Math.min(...protocols)
}

function unionOf<Value>(lists: readonly (ArrayLike<Value> | null)[]): ReadonlySet<Value> {
  const union = new Set<Value>()
  for (const list of lists)
    if (list !== null) for (const value of Array.from(list)) union.add(value)
  return union
}

function headersOf(rows: readonly SegmentRow[]): ReadonlyMap<string, ReadonlySet<string>> {
  const headers = new Map<string, Set<string>>()
  for (const row of rows) {
    for (const [name, value] of Object.entries(row.headers ?? {})) {
      const values = headers.get(name) ?? new Set()
      headers.set(name, values)
      for (const one of Array.isArray(value) ? value : [value]) values.add(String(one))
    }
  }
  return headers
}
