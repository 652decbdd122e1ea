// Which other calls may be legs of the same call: candidates for joinLegs of #sip, which decides.
//
//   by identifier   calls with one of our keys, calls that name us, calls we name; and theirs again,
//                   ROUNDS_MAX times, the nearest in time first, at most RELATIVES_MAX
//   by likeness     calls with an INVITE between the same users within LIKE_APART_US_MAX
import { KEYS_MAX } from '#sip'
import { type LoadedTrace, loadTraces, type TraceBounds } from './load-trace.ts'
import type { MergedCall } from './merged-call.ts'
import type { ReadSession } from './read-session.ts'
import { SqlParams } from './sql-params.ts'

export const RELATIVES_MAX = 32
const ROUNDS_MAX = 4
const LIKE_APART_US_MAX = 2_000_000
const LIKE_MAX = 16
/** A segment may begin that much before the INVITE in it. */
const SEGMENT_LEAD_US = 5_000_000
/** Numbers that end alike in so many digits may be one: +49 89 123456 and 089 123456. */
const NUMBER_TAIL_DIGITS = 6

/** The candidates, with messages, by Call-ID; without the wanted call itself. */
export async function findRelatives(
  session: ReadSession,
  wanted: LoadedTrace,
  bounds: TraceBounds,
): Promise<ReadonlyMap<string, LoadedTrace>> {
  const relatives = new Map<string, LoadedTrace>()
  const known = new Set([wanted.call.callId])
  const atUs = wanted.call.state.firstUs
  let newest: readonly MergedCall[] = [wanted.call]
  for (let round = 0; round < ROUNDS_MAX && newest.length > 0; round += 1) {
    const named = await selectByKey(session, newest, atUs)
    const alike = round === 0 ? await selectAlike(session, wanted.call) : []
    const fresh = [...new Set([...named, ...alike])].filter((callId) => !known.has(callId))
    const wantedIds = fresh.slice(0, RELATIVES_MAX - relatives.size)
    for (const callId of wantedIds) known.add(callId)
    const traces = await loadTraces(session, wantedIds, bounds)
    for (const [callId, trace] of traces) relatives.set(callId, trace)
    // What only looks alike does not lead further.
    newest = [...traces.values()].map(({ call }) => call).filter(({ callId }) => named.has(callId))
  }
  return relatives
}

async function selectByKey(
  session: ReadSession,
  calls: readonly MergedCall[],
  atUs: number,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  const named = new Set<string>()
  for (const { sentCallId, correlation } of calls) {
    if (sentCallId !== '') keys.add(`callid:${sentCallId}`)
    for (const key of [...correlation].slice(0, KEYS_MAX)) {
      keys.add(key)
      if (key.startsWith('callid:')) named.add(key.slice('callid:'.length))
    }
  }
  if (keys.size === 0) return named
  const params = new SqlParams()
  const wantedKeys = params.texts([...keys])
  // Of a key that thousands of calls share (a header misused) the nearest in time are as good as any.
  const text = `
    select call_id from correlation_keys where key = any(${wantedKeys})
    order by abs(extract(epoch from at - ${params.time(atUs)})), call_id
    limit ${RELATIVES_MAX * 2}`
  for (const { call_id } of await session.rows<{ call_id: string }>(text, params.values))
    named.add(call_id)
  return named
}

async function selectAlike(
  session: ReadSession,
  { state }: MergedCall,
): Promise<readonly string[]> {
  const { inviteUs, fromUser, toUser } = state
  if (inviteUs === undefined || fromUser === '' || toUser === '') return []
  const params = new SqlParams()
  const [low, high] = [inviteUs - LIKE_APART_US_MAX, inviteUs + LIKE_APART_US_MAX]
  const text = `
    select s.call_id from call_segments s
    where s.first_at >= ${params.time(low - SEGMENT_LEAD_US)} and s.first_at <= ${params.time(high)}
      and s.invite_at >= ${params.time(low)} and s.invite_at <= ${params.time(high)}
      and ${alikeSql(params, 's.from_user', fromUser)} and ${alikeSql(params, 's.to_user', toUser)}
    order by abs(extract(epoch from s.invite_at - ${params.time(inviteUs)})), s.call_id
    limit ${LIKE_MAX}`
  const rows = await session.rows<{ call_id: string }>(text, params.values)
  return rows.map(({ call_id }) => call_id)
}

function alikeSql(params: SqlParams, column: string, user: string): string {
  const digits = /^\+?\d+$/.test(user) ? user.slice(-NUMBER_TAIL_DIGITS) : ''
  if (digits.length < NUMBER_TAIL_DIGITS) return `${column} = ${params.text(user)}`
  return `right(${column}, ${NUMBER_TAIL_DIGITS}) = ${params.text(digits)}`
}
