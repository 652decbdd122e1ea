// Segments of one call put together: what their rows say by the merge law of #sip, and their messages
// one behind the other. A row made of them says the same about the call as the rows it stands for.
import { mergeCallStates } from '#sip'
import {
  hostsOfRow,
  listOf,
  lowestMos,
  type SegmentRow,
  SUMMARY_COLUMNS,
  stateOfRow,
} from '../read/segment-summary.ts'
import type { SegmentFields } from '../write/segment-row.ts'
import type { StoredMessage } from '../write/stored-message.ts'

export const MERGE_COLUMNS = `${SUMMARY_COLUMNS}, s.payload_bytes, s.format, s.block_place, s.messages`

export interface MergeRow extends SegmentRow {
  readonly payload_bytes: number
  readonly format: number
  readonly block_place: number
  readonly messages: Buffer | null
}

export interface MergedSegment {
  readonly fields: SegmentFields
  readonly messages: readonly StoredMessage[]
}

/** One segment. Its payloads are copied: views would keep the whole block in memory. */
export function segmentOf(row: MergeRow, messages: readonly StoredMessage[]): MergedSegment {
  const payloads = Buffer.concat(messages.map(({ payload }) => payload))
  let at = 0
  return {
    fields: fieldsOfRow(row),
    messages: messages.map((message) => {
      const end = at + message.payload.length
      const payload = payloads.subarray(at, end)
      at = end
      return { ...message, payload }
    }),
  }
}

function fieldsOfRow(row: MergeRow): SegmentFields {
  return {
    protocol: row.protocol,
    callId: row.call_id,
    payloadBytes: row.payload_bytes,
    state: stateOfRow(row),
    hosts: hostsOfRow(row),
    statuses: listOf(row.statuses).map(Number),
    captureIds: listOf(row.capture_ids).map(Number),
    capturedBy: listOf(row.captured_by, '\n'),
    correlation: row.correlation ?? [],
    headers: (row.headers ?? {}) as SegmentFields['headers'],
    mos: row.mos ?? undefined,
  }
}

export function joinSegments(a: MergedSegment, b: MergedSegment): MergedSegment {
  const [one, other] = [a.fields, b.fields]
  return {
    fields: {
      protocol: one.protocol,
      callId: one.callId,
      payloadBytes: one.payloadBytes + other.payloadBytes,
      state: mergeCallStates(one.state, other.state),
      hosts: union(one.hosts, other.hosts),
      statuses: union(one.statuses, other.statuses),
      captureIds: union(one.captureIds, other.captureIds),
      capturedBy: union(one.capturedBy, other.capturedBy),
      correlation: union(one.correlation, other.correlation),
      headers: joinHeaders(one.headers, other.headers),
      mos: lowestMos([one.mos, other.mos]),
    },
    messages: [...a.messages, ...b.messages],
  }
}

function union<Value>(a: Iterable<Value>, b: Iterable<Value>): Value[] {
  return [...new Set([...a, ...b])]
}

type Headers = SegmentFields['headers']

function joinHeaders(a: Headers, b: Headers): Headers {
  const joined: Record<string, string | readonly string[]> = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const values = union([joined[name] ?? []].flat(), [value].flat())
    joined[name] = values.length === 1 ? values[0]! : values
  }
  return joined
}
