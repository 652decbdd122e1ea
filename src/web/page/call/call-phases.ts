// A call as a line of phases: what the caller heard, one after the other.
//
//   setup │ ringing │ early media │ talk │ hold │ talk │ ▮ end
//
// From the messages of the call asked for, not of its legs. A hold begins and ends with an answered
// re-INVITE that says so; retransmissions and further hops change nothing, as the first of each counts.
import type { CallDetail, CallMessage } from '#contract'
import { sessionOf } from './session-notes.ts'

/** A stretch of the call. */
export interface Phase {
  readonly kind: 'setup' | 'ringing' | 'early media' | 'talk' | 'hold' | 'ending'
  readonly fromMs: number
  readonly toMs: number
  /** Index of the message it begins with. */
  readonly message: number
}

interface Turn {
  readonly kind: Phase['kind'] | 'end'
  readonly atMs: number
  readonly message: number
}

/** The phases, in order, and how it ended; none for what is no INVITE dialog. */
export function callPhases(call: CallDetail): readonly Phase[] {
  const turns = turnsOf(call)
  return turns.flatMap((turn, i) => {
    const next = turns[i + 1]
    if (turn.kind === 'end' || !next) return []
    return { kind: turn.kind, fromMs: turn.atMs, toMs: next.atMs, message: turn.message }
  })
}

function turnsOf({ callId, messages, summary, ladder }: CallDetail): readonly Turn[] {
  if (summary.method !== 'INVITE') return []
  const turns: Turn[] = []
  let isUp = false
  for (const { message: index, atMs, repeatOf } of ladder.arrows) {
    const message = messages[index]
    if (!message || message.callId !== callId || repeatOf !== null || message.protocol !== 1)
      continue
    const kind = turnOf(message, isUp)
    if (kind === undefined || turns.at(-1)?.kind === kind) continue
    // Ringing goes on under an answer's retransmission; early media is not left for ringing.
    if (kind === 'ringing' && turns.at(-1)?.kind === 'early media') continue
    if (turns.length === 0 && kind !== 'setup') continue
    if (kind === 'talk') isUp = true
    // Nothing that comes after the end begins anything.
    if (turns.at(-1)?.kind === 'end') break
    turns.push({ kind, atMs, message: index })
  }
  return closed(turns, messages.length, ladder.arrows.at(-1)?.atMs ?? 0)
}

function closed(turns: readonly Turn[], messageCount: number, lastMs: number): readonly Turn[] {
  const last = turns.at(-1)
  if (!last || last.kind === 'end') return turns
  return [...turns, { kind: 'end', atMs: lastMs, message: messageCount - 1 }]
}

function turnOf(message: CallMessage, isUp: boolean): Turn['kind'] | undefined {
  const [, method = ''] = message.cseq.split(' ')
  const status = Number(/^\d{3}/.exec(message.label)?.[0])
  if (message.label === 'BYE') return 'end'
  if (message.label === 'CANCEL') return isUp ? undefined : 'ending'
  if (method !== 'INVITE') return undefined
  if (!status) return isUp ? undefined : 'setup'
  if (isUp) return status >= 200 && status < 300 ? heldOrNot(message) : undefined
  if (status >= 300) return status === 401 || status === 407 ? undefined : 'end'
  if (status >= 200) return 'talk'
  if (status === 183 || (status > 100 && sessionOf(message))) return 'early media'
  return status === 180 || status === 182 ? 'ringing' : undefined
}

/** The answer to a re-INVITE: whoever is put on hold answers recvonly or inactive. */
function heldOrNot(message: CallMessage): 'talk' | 'hold' | undefined {
  const session = sessionOf(message)
  if (!session) return undefined
  const streams = session.streams.filter(({ port }) => port > 0)
  return streams.length > 0 && streams.every(({ direction }) => direction !== 'sendrecv')
    ? 'hold'
    : 'talk'
}
