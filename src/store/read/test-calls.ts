// Calls for the tests of this folder, and a way to put them into a database segment by segment that
// is not the writer's: what is read here must not depend on how the writer does it.
import type { SQL } from 'bun'
import { callStateOf, correlationKeysOf, mediaKeysOf, type TracedMessage } from '#sip'
import { MinuteMarks, storeMarks } from '../write/minute-marks.ts'
import { encodeMessages, sipOf } from '../write/segment.ts'
import { fieldsOf, mosColumn } from '../write/segment-row.ts'
import { timeText } from './time-text.ts'

/** 2026-11-20T08:00:00Z in microseconds. */
export const TEST_US = 1_795_161_600_000_000
export const SECOND_US = 1_000_000

export interface TestMessage {
  /** Microseconds after TEST_US. */
  readonly atUs?: number
  /** 'INVITE' or '200'; anything else is sent as the payload, and is not SIP. */
  readonly start?: string
  readonly callId?: string
  readonly from?: string
  readonly to?: string
  readonly ruri?: string
  readonly cseq?: string
  readonly toTag?: string
  readonly userAgent?: string
  readonly src?: string
  readonly dst?: string
  readonly headers?: readonly string[]
  readonly body?: string
  readonly captureId?: number
  readonly captureNode?: string
  readonly protocolType?: number
  readonly correlationId?: string
  /** @default 5060 both */
  readonly ports?: readonly [src: number, dst: number]
}

/** A message as the writer hands it to the segment codec. */
export function traced(test: TestMessage = {}): TracedMessage {
  const { atUs = 0, src = '10.0.0.1', dst = '10.0.0.2', protocolType = 1 } = test
  const payload = Buffer.from(protocolType === 1 ? sipText(test) : (test.start ?? ''), 'latin1')
  return {
    atUs: TEST_US + atUs,
    receivedUs: TEST_US + atUs + 1_500,
    clockClamped: false,
    srcIp: src,
    srcPort: test.ports?.[0] ?? 5060,
    dstIp: dst,
    dstPort: test.ports?.[1] ?? 5060,
    ipProtocol: 17,
    protocolType,
    captureId: test.captureId ?? 2001,
    captureNode: test.captureNode ?? '',
    correlationId: test.correlationId ?? '',
    payload,
    sip: sipOf(protocolType, payload),
  }
}

function sipText(test: TestMessage): string {
  const {
    start = 'INVITE',
    callId = 'call-1',
    from = 'alice@a.example',
    to = 'bob@b.example',
  } = test
  const isResponse = /^\d{3}$/.test(start)
  if (!isResponse && !/^[A-Z]+$/.test(start)) return start
  const agent = test.userAgent === undefined ? [] : [`User-Agent: ${test.userAgent}`]
  return [
    isResponse ? `SIP/2.0 ${start} Because` : `${start} sip:${test.ruri ?? to} SIP/2.0`,
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1',
    `From: <sip:${from}>;tag=f`,
    `To: <sip:${to}>${test.toTag === undefined ? '' : `;tag=${test.toTag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: 1 ${test.cseq ?? (isResponse ? 'INVITE' : start)}`,
    ...agent,
    ...(test.headers ?? []),
    '',
    test.body ?? '',
  ].join('\r\n')
}

/** An answered call: INVITE, 180, 200, ACK, BYE, 200, beginning `atUs` after TEST_US. */
export function answeredCall(test: TestMessage, talkUs = 60 * SECOND_US): TracedMessage[] {
  const { atUs = 0 } = test
  const later = (us: number, more: TestMessage) => traced({ ...test, ...more, atUs: atUs + us })
  return [
    later(0, { start: 'INVITE' }),
    later(200_000, { start: '180', toTag: 't' }),
    later(2 * SECOND_US, { start: '200', toTag: 't' }),
    later(2 * SECOND_US + 1_000, { start: 'ACK', toTag: 't' }),
    later(2 * SECOND_US + talkUs, { start: 'BYE', toTag: 't' }),
    later(2 * SECOND_US + talkUs + 1_000, { start: '200', toTag: 't', cseq: 'BYE' }),
  ]
}

/** One row to be: messages of one call. */
export interface TestSegment {
  readonly callId: string
  readonly messages: readonly TracedMessage[]
  readonly headers?: Readonly<Record<string, string>>
}

let batches = 0

/** Stores segments as one batch; returns their ids. */
export async function insertSegments(
  sql: SQL,
  segments: readonly TestSegment[],
  batch = ++batches,
): Promise<readonly string[]> {
  const ids = segments.map((_, place) => String(BigInt(batch) * 2n ** 20n + BigInt(place)))
  const copy = sql.unsafe(`copy call_segments (${COLUMNS.join(', ')}) from stdin`)
  const writer = copy.writable().getWriter()
  for (const [place, segment] of segments.entries()) {
    await writer.write(`${rowOf(segment, ids[place]!).map(copyText).join('\t')}\n`)
  }
  await writer.close()
  await copy
  await insertKeys(sql, segments)
  // As if each batch came from a node of its own: nodes do not wait for each other's open transactions.
  await insertMarks(sql, segments, `node-${batch}`)
  return ids
}

async function insertMarks(
  sql: SQL,
  segments: readonly TestSegment[],
  node: string,
): Promise<void> {
  const marks = new MinuteMarks()
  for (const { callId, messages } of segments) {
    const protocol = Math.min(...messages.map(({ protocolType }) => protocolType))
    const group = { protocol, callId, messages: [...messages], bytes: 0 }
    marks.note(fieldsOf(group, callStateOf(messages), [], []))
  }
  await storeMarks(sql, marks.take(), node)
}

async function insertKeys(sql: SQL, segments: readonly TestSegment[]): Promise<void> {
  for (const { callId, messages } of segments) {
    for (const key of [...correlationKeysOf(messages), ...mediaKeysOf(callId)]) {
      const at = timeText(messages[0]!.atUs)
      await sql`insert into correlation_keys values (${key}, ${callId}, ${at}::text::timestamptz)
        on conflict do nothing`
    }
  }
}

/** A partition from midnight to midnight, as many days after 2026-11-20 as asked; one for the rest. */
export async function makePartitions(sql: SQL, days: readonly number[]): Promise<void> {
  await shareTexts(sql)
  for (const day of days) {
    const [from, to] = [day, day + 1].map((n) => timeText(TEST_US + (n * 24 - 8) * 3_600_000_000))
    await sql.unsafe(`create table call_segments_day_${day < 0 ? `m${-day}` : day}
      partition of call_segments for values from ('${from}') to ('${to}')`)
  }
  if (days.length === 0)
    await sql`create table call_segments_all partition of call_segments default`
}

/** Some texts are shared, as the writer does with frequent ones; others stand in their rows. */
const SHARED = ['Phone 1.0', 'Asterisk PBX 20.1', '2001', '2001\nedge-1', '1\nedge-1\nedge-2']

async function shareTexts(sql: SQL): Promise<void> {
  for (const text of SHARED) await sql`insert into shared_texts values (${refOf(text)}, ${text})`
}

function refOf(text: string): number | null {
  return SHARED.indexOf(text) + 1 || null
}

const COLUMNS = [
  ...['first_at', 'last_at', 'request_at', 'invite_at', 'ring_at', 'answer_at', 'failure_at'],
  ...['challenge_at', 'cancel_at', 'bye_at', 'id', 'message_count', 'protocol', 'answer_status'],
  ...['failure_status', 'challenge_status', 'format', 'call_id', 'method', 'from_user'],
  ...['from_domain', 'to_user', 'to_domain', 'ruri_user', 'ruri_domain', 'user_agent', 'src_ip'],
  ...['dst_ip', 'bye_ip', 'hosts', 'statuses', 'capture_ids', 'captured_by', 'correlation'],
  ...['headers', 'payload_bytes', 'messages', 'mos', 'user_agent_ref', 'captured_ref'],
]

function rowOf({ callId, messages, headers }: TestSegment, id: string): unknown[] {
  const state = callStateOf(messages)
  const at = (us: number | undefined) => (us === undefined ? null : timeText(us))
  const sips = messages.flatMap(({ sip }) => sip ?? [])
  const { format, bytes } = encodeMessages(messages)
  const list = (values: readonly unknown[], separator = ' ') =>
    values.length > 0 ? [...new Set(values)].join(separator) : null
  const captureIds = list(messages.map(({ captureId }) => captureId))
  const captureNodes = list(
    messages.flatMap(({ captureNode }) => captureNode || []),
    '\n',
  )
  const agentRef = refOf(state.userAgent)
  const capturedRef = refOf([captureIds ?? '', captureNodes ?? []].flat().join('\n'))
  return [
    ...[at(state.firstUs), state.lastUs === state.firstUs ? null : at(state.lastUs)],
    ...[at(state.requestUs), at(state.inviteUs)],
    ...[at(state.ringUs), at(state.answerUs), at(state.failureUs), at(state.challengeUs)],
    ...[at(state.cancelUs), at(state.byeUs), id, messages.length],
    ...[Math.min(...messages.map(({ protocolType }) => protocolType)), state.answerStatus],
    ...[state.failureStatus, state.challengeStatus, format, callId, state.method || null],
    ...[state.fromUser || null, state.fromDomain || null, state.toUser || null],
    ...[state.toDomain, state.ruriUser, state.ruriDomain],
    ...[agentRef ? null : state.userAgent || null],
    ...[state.srcIp || null, state.dstIp || null, state.byeIp || null],
    list(messages.flatMap(({ srcIp, dstIp }) => [srcIp, dstIp])),
    list(sips.flatMap((sip) => (sip.kind === 'response' ? [sip.status] : []))),
    ...(capturedRef ? [null, null] : [captureIds, captureNodes]),
    [...correlationKeysOf(messages)],
    headers === undefined ? null : JSON.stringify(headers),
    messages.reduce((sum, { payload }) => sum + payload.length, 0),
    bytes,
    mosColumn(messages),
    agentRef,
    capturedRef,
  ]
}

function copyText(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  const text = Array.isArray(value) ? `{${value.map(arrayElement).join(',')}}` : String(value)
  return text.replace(
    /[\\\t\n\r]/g,
    (char) => ({ '\t': '\\t', '\n': '\\n', '\r': '\\r' })[char] ?? '\\\\',
  )
}

function arrayElement(value: unknown): string {
  return `"${String(value).replace(/[\\"]/g, '\\$&')}"`
}
