// One call segment as a row of COPY … (FORMAT binary):
//
//   [i16 number of fields] { [i32 length, -1 = NULL][bytes] } …     big-endian
//
// Text that people search is cleaned for PostgreSQL (copy-fields.ts); the messages are exact.
import { type CallState, customHeaders, type TracedMessage } from '#sip'
import type { ByteWriter } from './byte-writer.ts'
import type { CallGroup } from './call-groups.ts'
import {
  bytea,
  int2,
  int2List,
  int4,
  int8,
  int8List,
  jsonb,
  named,
  text,
  textList,
  time,
} from './copy-fields.ts'
import { BLOCK_FORMAT } from './segment.ts'

/** In the order they are written; the id comes first so that it can be filled in later. */
export const SEGMENT_COLUMNS = [
  ...['id', 'first_at', 'last_at', 'message_count', 'protocol', 'format', 'block_place'],
  ...['payload_bytes', 'messages', 'call_id', 'hosts', 'request_at', 'invite_at', 'ring_at'],
  ...['answer_at', 'failure_at', 'challenge_at', 'cancel_at', 'bye_at'],
  ...['answer_status', 'failure_status', 'challenge_status', 'method'],
  ...['from_user', 'from_domain', 'to_user', 'to_domain', 'ruri_user', 'ruri_domain'],
  ...['user_agent', 'src_ip', 'dst_ip', 'bye_ip', 'statuses', 'capture_ids', 'captured_by'],
  ...['correlation', 'headers'],
] as const

/** Where the id stands in a row: behind the number of fields and its own length. */
const ID_AT = 6
/** Fields a row cannot do without; all others may be NULL or empty. */
const NEEDED_FIELDS = SEGMENT_COLUMNS.indexOf('call_id')
const CALL_ID_FIELD = NEEDED_FIELDS
const HOSTS_FIELD = SEGMENT_COLUMNS.indexOf('hosts')

const LIST_MAX = 64
const SIP = 1

/** A row and where its messages are. */
export interface SegmentRow {
  readonly group: CallGroup
  readonly state: CallState
  readonly correlation: readonly string[]
  /** Rows between this one and the one that holds its messages. */
  readonly blockPlace: number
  /** The packed messages of the whole block, in its first row. */
  readonly block: Buffer | undefined
}

/** Appends a row; its id is filled in by `setRowId`. */
export function writeSegmentRow(
  out: ByteWriter,
  { group, state, correlation, blockPlace, block }: SegmentRow,
  headerNames: readonly string[],
): void {
  const { protocol, callId, messages } = group
  out.int16(SEGMENT_COLUMNS.length)
  int8(out, 0)
  time(out, state.firstUs)
  time(out, state.lastUs)
  int4(out, state.messageCount)
  int2(out, protocol)
  int2(out, BLOCK_FORMAT)
  int2(out, blockPlace)
  int4(out, group.bytes)
  bytea(out, block)
  text(out, callId)
  textList(out, hostsOf(messages))
  for (const us of [state.requestUs, state.inviteUs, state.ringUs, state.answerUs]) time(out, us)
  for (const us of [state.failureUs, state.challengeUs, state.cancelUs, state.byeUs]) time(out, us)
  for (const code of [state.answerStatus, state.failureStatus, state.challengeStatus])
    int2(out, code)
  for (const field of [state.method, state.fromUser, state.fromDomain]) named(out, field)
  for (const field of [state.toUser, state.toDomain, state.ruriUser]) named(out, field)
  for (const field of [state.ruriDomain, state.userAgent, state.srcIp]) named(out, field)
  for (const field of [state.dstIp, state.byeIp]) named(out, field)
  int2List(out, statusesOf(messages))
  int8List(
    out,
    distinct(messages, ({ captureId }) => captureId),
  )
  textList(
    out,
    distinct(messages, ({ captureNode }) => captureNode).filter((node) => node !== ''),
  )
  textList(out, correlation)
  jsonb(out, protocol === SIP ? headersOf(messages, headerNames) : {})
}

/** Fills in the id of the row that begins at `at`. */
export function setRowId(rows: Buffer, at: number, id: bigint): void {
  rows.writeBigInt64BE(id, at + ID_AT)
}

/** The same row with its messages, times and counts and nothing else: for one PostgreSQL refused. */
export function bareRow(row: Buffer): Buffer {
  const fields: Buffer[] = []
  let at = 2
  for (let i = 0; i < SEGMENT_COLUMNS.length; i++) {
    const end = at + 4 + Math.max(0, row.readInt32BE(at))
    fields.push(bareField(i, row.subarray(at, end)))
    at = end
  }
  return Buffer.concat([row.subarray(0, 2), ...fields])
}

const NULL_FIELD = Buffer.from([0xff, 0xff, 0xff, 0xff])
const EMPTY_TEXT = Buffer.alloc(4)
/** No dimensions, no NULLs, elements of type 25: text. */
const EMPTY_LIST = Buffer.from([0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25])

function bareField(place: number, field: Buffer): Buffer {
  if (place < NEEDED_FIELDS) return field
  if (place === CALL_ID_FIELD) return EMPTY_TEXT
  return place === HOSTS_FIELD ? EMPTY_LIST : NULL_FIELD
}

function hostsOf(messages: readonly TracedMessage[]): string[] {
  const hosts: string[] = []
  for (const { srcIp, dstIp } of messages) {
    if (!hosts.includes(srcIp) && hosts.length < LIST_MAX) hosts.push(srcIp)
    if (!hosts.includes(dstIp) && hosts.length < LIST_MAX) hosts.push(dstIp)
  }
  return hosts
}

function statusesOf(messages: readonly TracedMessage[]): number[] {
  const statuses: number[] = []
  for (const { sip } of messages) {
    if (sip?.kind !== 'response' || statuses.includes(sip.status)) continue
    if (statuses.length < LIST_MAX) statuses.push(sip.status)
  }
  return statuses
}

function distinct<Value>(
  messages: readonly TracedMessage[],
  of: (message: TracedMessage) => Value,
): Value[] {
  const values: Value[] = []
  for (const message of messages) {
    const value = of(message)
    if (!values.includes(value) && values.length < LIST_MAX) values.push(value)
  }
  return values
}

/** The first value of each configured header anywhere in the segment. */
function headersOf(
  messages: readonly TracedMessage[],
  names: readonly string[],
): Readonly<Record<string, string>> {
  if (names.length === 0) return {}
  const found: Record<string, string> = {}
  for (const { payload, sip } of messages) {
    if (sip !== undefined) Object.assign(found, { ...customHeaders(payload, names), ...found })
  }
  return found
}
