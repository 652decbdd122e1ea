// A row of call_segments without its messages: what searching and merging need. One list of columns
// and one reader of them, so that the two cannot drift apart.
import type { CallState } from '#sip'
import { TEXTS } from './segment-columns.ts'
import { usSql } from './sql-params.ts'

const TIMES = [
  'first',
  'last',
  'request',
  'invite',
  'ring',
  'answer',
  'failure',
  'challenge',
  'cancel',
  'bye',
] as const

const PLAIN = [
  'call_id',
  'id',
  'message_count',
  'protocol',
  'answer_status',
  'failure_status',
  'challenge_status',
  'method',
  'from_user',
  'from_domain',
  'to_user',
  'to_domain',
  'ruri_user',
  'ruri_domain',
  'src_ip',
  'dst_ip',
  'bye_ip',
  'hosts',
  'statuses',
  'correlation',
  'headers',
] as const

/** The worst of what the call's own messages say, and of what others say of it. */
const MOS_SQL =
  'least(s.mos, (select q.mos from call_quality q where q.call_id = s.call_id offset 0))'

/** For `select` from call_segments under the alias `s`. */
export const SUMMARY_COLUMNS = [
  ...TIMES.map((name) => `${usSql(timeSql(name))} as ${name}_us`),
  ...PLAIN.map((name) => `s.${name}`),
  `${MOS_SQL} as mos`,
  `${TEXTS.userAgent} as user_agent`,
  `${TEXTS.captureIds} as capture_ids`,
  `${TEXTS.capturedBy} as captured_by`,
].join(', ')

function timeSql(name: (typeof TIMES)[number]): string {
  return name === 'last' ? 'coalesce(s.last_at, s.first_at)' : `s.${name}_at`
}

type MaybeText = string | null
/** int8 arrives as text: microseconds fit a double, ids may not. */
type Int8 = string | bigint | number
type Times = {
  readonly [Name in Exclude<(typeof TIMES)[number], 'first' | 'last'> as `${Name}_us`]: Int8 | null
}

export interface SegmentRow extends Times {
  readonly first_us: Int8
  readonly last_us: Int8
  readonly call_id: string
  readonly id: Int8
  readonly message_count: number
  readonly protocol: number
  readonly answer_status: number | null
  readonly failure_status: number | null
  readonly challenge_status: number | null
  /** In hundredths. */
  readonly mos: number | null
  readonly method: MaybeText
  readonly from_user: MaybeText
  readonly from_domain: MaybeText
  readonly to_user: MaybeText
  readonly to_domain: MaybeText
  readonly ruri_user: MaybeText
  readonly ruri_domain: MaybeText
  readonly user_agent: MaybeText
  readonly src_ip: MaybeText
  readonly dst_ip: MaybeText
  readonly bye_ip: MaybeText
  /** Those that are not src_ip or dst_ip, a blank between. */
  readonly hosts: MaybeText
  readonly statuses: MaybeText
  readonly capture_ids: MaybeText
  readonly captured_by: MaybeText
  readonly correlation: readonly string[] | null
  readonly headers: Readonly<Record<string, unknown>> | null
}

/** Every address seen in the segment. */
export function hostsOfRow({ src_ip, dst_ip, hosts }: SegmentRow): readonly string[] {
  return [...(src_ip ? [src_ip] : []), ...(dst_ip ? [dst_ip] : []), ...listOf(hosts)]
}

/** The elements of a column that holds a list. */
export function listOf(column: MaybeText, separator = ' '): readonly string[] {
  return column === null ? [] : column.split(separator)
}

/** What segments say about the media together: the worst. */
export function lowestMos(all: readonly (number | null | undefined)[]): number | undefined {
  const known = all.filter((mos) => mos !== null && mos !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}

/** The state that the writer summed up in the row. */
export function stateOfRow(row: SegmentRow): CallState {
  const fromDomain = row.from_domain ?? ''
  const toDomain = row.to_domain ?? fromDomain
  const toUser = row.to_user ?? ''
  const requestUs = row.request_us ?? (row.method === null ? null : row.first_us)
  return {
    firstUs: Number(row.first_us),
    lastUs: Number(row.last_us),
    messageCount: row.message_count,
    requestUs: optional(requestUs),
    method: row.method ?? '',
    fromUser: row.from_user ?? '',
    fromDomain,
    toUser,
    toDomain,
    ruriUser: row.ruri_user ?? toUser,
    ruriDomain: row.ruri_domain ?? toDomain,
    userAgent: row.user_agent ?? '',
    srcIp: row.src_ip ?? '',
    dstIp: row.dst_ip ?? '',
    inviteUs: optional(row.invite_us),
    ringUs: optional(row.ring_us),
    answerUs: optional(row.answer_us),
    answerStatus: row.answer_status ?? undefined,
    failureUs: optional(row.failure_us),
    failureStatus: row.failure_status ?? undefined,
    challengeUs: optional(row.challenge_us),
    challengeStatus: row.challenge_status ?? undefined,
    cancelUs: optional(row.cancel_us),
    byeUs: optional(row.bye_us),
    byeIp: row.bye_ip ?? '',
  }
}

function optional(us: Int8 | null): number | undefined {
  return us === null ? undefined : Number(us)
}
