// One call segment as a row of COPY … (FORMAT binary):
//
//   [i16 number of fields] { [i32 length, -1 = NULL][bytes] } …     big-endian
//
// What stands in a row already is not written again: NULL means "as" (001-calls.sql says as what).
// Text that people search is cleaned for PostgreSQL (copy-fields.ts); the messages are exact.
//
// Fields of one type that stand together are written by one loop, not by one call each: the engine would copy
// the writing of a text into every place that asks for it, and compiling the 80 KB that come of that takes 20 MB.
import { type CallState, customHeaders, type TracedMessage, worstMosOf } from '#sip'
import type { ByteWriter } from './byte-writer.ts'
import type { CallGroup } from './call-groups.ts'
import {
  bytea,
  int2s,
  int4,
  int8,
  jsonb,
  known,
  type OrNull,
  textList,
  texts,
  times,
  unlike,
} from './copy-fields.ts'
import type { Packed } from './segment-packing.ts'
import type { SharedTexts } from './shared-texts.ts'

/** In the order they are written; the id comes first so that it can be filled in later. */
export const SEGMENT_COLUMNS = [
  ...['id', 'first_at', 'last_at', 'message_count', 'protocol', 'format', 'block_place'],
  ...['payload_bytes', 'messages', 'call_id', 'hosts', 'request_at', 'invite_at', 'ring_at'],
  ...['answer_at', 'failure_at', 'challenge_at', 'cancel_at', 'bye_at'],
  ...['answer_status', 'failure_status', 'challenge_status', 'method'],
  ...['from_user', 'from_domain', 'to_user', 'to_domain', 'ruri_user', 'ruri_domain'],
  ...['user_agent', 'src_ip', 'dst_ip', 'bye_ip', 'statuses', 'capture_ids', 'captured_by'],
  ...['correlation', 'headers', 'mos', 'user_agent_ref', 'captured_ref'],
] as const

/** Where the id stands in a row: behind the number of fields and its own length. */
const ID_AT = 6
/** Fields a row cannot do without; all others may be NULL or empty. */
const NEEDED_FIELDS = SEGMENT_COLUMNS.indexOf('call_id')
const CALL_ID_FIELD = NEEDED_FIELDS

const LIST_MAX = 64
const SIP = 1

/** What a row says about its segment. */
export interface SegmentFields {
  readonly protocol: number
  readonly callId: string
  readonly payloadBytes: number
  readonly state: CallState
  readonly hosts: Iterable<string>
  readonly statuses: Iterable<number>
  readonly captureIds: Iterable<number>
  readonly capturedBy: Iterable<string>
  readonly correlation: readonly string[]
  /** One value, or several where segments were joined. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** In hundredths; undefined when nobody reported. */
  readonly mos: number | undefined
}

/** Where the messages of a row are. */
export interface BlockPlace {
  readonly format: number
  /** Rows between this one and the one that holds its messages. */
  readonly place: number
  /** The packed messages of the whole block, in its first row. */
  readonly block: Packed['bytes'] | undefined
}

/** Appends a row; its id is filled in by `setRowId`. */
export function writeSegmentRow(
  out: ByteWriter,
  place: BlockPlace,
  fields: SegmentFields,
  shared: SharedTexts,
): void {
  out.int16(SEGMENT_COLUMNS.length)
  writeMessages(out, place, fields)
  writeSearched(out, fields, shared)
}

/** What a row cannot do without, and its hosts. */
function writeMessages(
  out: ByteWriter,
  { format, place, block }: BlockPlace,
  fields: SegmentFields,
): void {
  const { callId, payloadBytes, protocol, state } = fields
  int8(out, 0)
  times(out, [state.firstUs, state.lastUs === state.firstUs ? undefined : state.lastUs])
  int2s(out, [state.messageCount, protocol, format, place])
  int4(out, payloadBytes)
  bytea(out, block)
  texts(out, [callId, known(otherHosts(fields))])
}

function writeSearched(out: ByteWriter, fields: SegmentFields, shared: SharedTexts): void {
  const { state } = fields
  const captured = capturedText(fields)
  const capturedRef = shared.refOf(captured)
  const agentRef = shared.refOf(state.userAgent)
  times(out, laterTimes(state))
  int2s(out, [state.answerStatus, state.failureStatus, state.challengeStatus])
  const agent = agentRef === undefined ? state.userAgent : ''
  texts(out, searched(fields, agent, capturedRef === undefined ? captured : ''))
  textList(out, fields.correlation)
  jsonb(out, fields.headers)
  int2s(out, [fields.mos, agentRef, capturedRef])
}

/** Capture ids in the first line, a blank between, then the nodes' names: as it is shared. */
function capturedText({ captureIds, capturedBy }: SegmentFields): string {
  const names = joined(capturedBy, '\n')
  const ids = joined(captureIds, ' ')
  return names === '' ? ids : `${ids}\n${names}`
}

function laterTimes(state: CallState): readonly OrNull<number>[] {
  const isFirst = state.method !== '' && state.requestUs === state.firstUs
  return [
    isFirst ? undefined : state.requestUs,
    state.inviteUs,
    state.ringUs,
    state.answerUs,
    state.failureUs,
    state.challengeUs,
    state.cancelUs,
    state.byeUs,
  ]
}

function searched(
  { state, statuses }: SegmentFields,
  userAgent: string,
  captured: string,
): readonly OrNull<string>[] {
  const end = captured.indexOf('\n')
  return [
    known(state.method),
    known(state.fromUser),
    known(state.fromDomain),
    known(state.toUser),
    unlike(state.toDomain, state.fromDomain),
    unlike(state.ruriUser, state.toUser),
    unlike(state.ruriDomain, state.toDomain),
    known(userAgent),
    known(state.srcIp),
    known(state.dstIp),
    known(state.byeIp),
    known(joined(statuses, ' ')),
    known(end < 0 ? captured : captured.slice(0, end)),
    known(end < 0 ? '' : captured.slice(end + 1)),
  ]
}

/** Fills in the id of the row that begins at `at`. */
export function setRowId(rows: Buffer, at: number, id: bigint): void {
  rows.writeBigInt64BE(id, at + ID_AT)
}

/** The id of the row that begins at `at`. */
export function rowId(rows: Buffer, at: number): bigint {
  return rows.readBigInt64BE(at + ID_AT)
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

function bareField(place: number, field: Buffer): Buffer {
  if (place < NEEDED_FIELDS) return field
  return place === CALL_ID_FIELD ? EMPTY_TEXT : NULL_FIELD
}

/** What a row says about a group of messages. */
export function fieldsOf(
  { protocol, callId, messages, bytes, headers: setByScripts }: CallGroup,
  state: CallState,
  correlation: readonly string[],
  headerNames: readonly string[],
): SegmentFields {
  const hosts: string[] = []
  const statuses: number[] = []
  const captureIds: number[] = []
  const capturedBy: string[] = []
  for (const message of messages) {
    note(hosts, message.srcIp)
    note(hosts, message.dstIp)
    note(captureIds, message.captureId)
    if (message.captureNode !== '') note(capturedBy, message.captureNode)
    if (message.sip?.kind === 'response') note(statuses, message.sip.status)
  }
  const read = protocol === SIP ? headersOf(messages, headerNames) : NO_HEADERS
  const headers = setByScripts === undefined ? read : { ...read, ...lowerNames(setByScripts) }
  return {
    protocol,
    callId,
    payloadBytes: bytes,
    state,
    hosts,
    statuses,
    captureIds,
    capturedBy,
    correlation,
    headers,
    mos: mosColumn(messages),
  }
}

/** As the column has it; also for tests that fill it in by themselves. */
export function mosColumn(messages: readonly TracedMessage[]): number | undefined {
  const mos = worstMosOf(messages)
  return mos === undefined ? undefined : Math.round(mos * 100)
}

function note<Value>(values: Value[], value: Value): void {
  if (!values.includes(value) && values.length < LIST_MAX) values.push(value)
}

/** Those that the row does not name as sender or receiver of its request. */
function otherHosts({ hosts, state }: SegmentFields): string {
  let others = ''
  for (const host of hosts) {
    if (host === state.srcIp || host === state.dstIp) continue
    others = others === '' ? host : `${others} ${host}`
  }
  return others
}

function joined(values: Iterable<string | number>, separator: ' ' | '\n'): string {
  let all = ''
  for (const value of values) {
    const one = separator === '\n' ? String(value).replaceAll('\n', ' ') : value
    all = all === '' ? String(one) : `${all}${separator}${one}`
  }
  return all
}

const NO_HEADERS: Readonly<Record<string, string>> = {}

const lowerNames = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** The first value of each configured header anywhere in the segment. */
function headersOf(
  messages: readonly TracedMessage[],
  names: readonly string[],
): Readonly<Record<string, string>> {
  if (names.length === 0) return NO_HEADERS
  const found: Record<string, string> = {}
  for (const { payload, sip } of messages) {
    if (sip !== undefined) Object.assign(found, { ...customHeaders(payload, names), ...found })
  }
  return found
}
