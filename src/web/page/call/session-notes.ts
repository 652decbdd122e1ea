// What a session description means in its call: is it an offer or an answer, what did the answer choose,
// who is on hold, what does a re-INVITE change. Sentences, each about one stream.
//
//   INVITE ──offer──▶      the first description of a transaction on a hop is the offer
//   ◀──answer── 200        the next one in the other direction answers it
//   re-INVITE ──offer──▶   compared with the last one the same side sent on that hop
import type { CallMessage } from '#contract'
import { type Codec, readSession, type Session, type Stream } from './session.ts'
import { readSipText } from './sip-text.ts'

/** A description, its part in the exchange, and what there is to say about it. */
export interface ExplainedSession {
  readonly session: Session
  readonly role: 'offer' | 'answer' | 'description'
  /** Index of the message with the offer, for an answer. */
  readonly offer: number | undefined
  /** Index of the message with the last description of the same side. */
  readonly before: number | undefined
  readonly notes: readonly string[]
}

const SIDE_CODECS = /^(?:telephone-event|CN|red|rtx|ulpfec|flexfec)/i

/** Explains the description of one message of a call; undefined without one. */
export function explainSession(
  messages: readonly CallMessage[],
  index: number,
): ExplainedSession | undefined {
  const message = messages[index]
  const session = sessionOf(message)
  if (!message || !session) return undefined
  const before = lastIndex(messages, index, (other) => isSameWay(other, message))
  const offer = offerOf(messages, index)
  const [last, offered] = [sessionOf(messages[before ?? -1]), sessionOf(messages[offer ?? -1])]
  const isAnswer = offered !== undefined
  // An early answer sent again in the 200 is nothing new.
  const isNew = before !== undefined && messages[before]!.cseq !== message.cseq
  return {
    session,
    role: isAnswer ? 'answer' : message.cseq === '' ? 'description' : 'offer',
    offer: isAnswer ? offer : undefined,
    before: isNew ? before : undefined,
    notes: [
      ...(offered ? answerNotes(session, offered) : []),
      ...session.streams.flatMap(holdNote),
      ...(isNew && last ? changeNotes(session, last) : []),
    ],
  }
}

/** The description a message carries; undefined without one. */
export const sessionOf = (message: CallMessage | undefined): Session | undefined =>
  message?.raw.includes('v=0') ? readSession(readSipText(message.raw).body) : undefined

const sameEnd = (a: CallMessage['src'], b: CallMessage['src']) => a.ip === b.ip && a.port === b.port
const isSameWay = (a: CallMessage, b: CallMessage) =>
  a.callId === b.callId && sameEnd(a.src, b.src) && sameEnd(a.dst, b.dst)
const isOtherWay = (a: CallMessage, b: CallMessage) =>
  a.callId === b.callId && sameEnd(a.src, b.dst) && sameEnd(a.dst, b.src)

function lastIndex(
  messages: readonly CallMessage[],
  before: number,
  fits: (message: CallMessage) => boolean,
): number | undefined {
  for (let i = before - 1; i >= 0; i -= 1)
    if (fits(messages[i]!) && sessionOf(messages[i])) return i
  return undefined
}

// 'CSeq: 1 ACK' belongs to '1 INVITE': an answer may come in the ACK.
const transactionOf = ({ cseq }: CallMessage) => cseq.split(' ', 1)[0]

/** The last description the other way in the same transaction, unless that answered one of ours. */
function offerOf(messages: readonly CallMessage[], index: number): number | undefined {
  const message = messages[index]!
  const offer = lastIndex(
    messages,
    index,
    (other) => isOtherWay(other, message) && transactionOf(other) === transactionOf(message),
  )
  // A request that carries a description offers it, whatever went the other way before.
  const isRequest = /^(?:INVITE|UPDATE|PRACK)\b/.test(message.label)
  return isRequest ? undefined : offer
}

const nameOf = ({ name }: Codec) => name.replace(/\/8000$/, '')
const mainCodecs = ({ codecs }: Stream) => codecs.filter(({ name }) => !SIDE_CODECS.test(name))
const listOf = (names: readonly string[]) => names.join(', ') || 'nothing'

function answerNotes({ streams }: Session, offered: Session): string[] {
  return streams.flatMap((stream, i) => {
    const offer = offered.streams[i]
    if (!offer) return [`${stream.type}: answers a stream that was not offered`]
    if (stream.port === 0) return [`${stream.type} was refused`]
    const [chosen, choices] = [mainCodecs(stream).map(nameOf), mainCodecs(offer).map(nameOf)]
    const foreign = chosen.filter((name) => !choices.includes(name))
    const strange = foreign.length > 0 ? ` (${listOf(foreign)} was not offered)` : ''
    const lost =
      stream.suites.length === 0 &&
      stream.fingerprint === '' &&
      (offer.suites.length > 0 || offer.fingerprint !== '')
        ? [`${stream.type}: encryption was offered and not taken`]
        : []
    return [`${stream.type}: chose ${listOf(chosen)} of ${listOf(choices)}${strange}`, ...lost]
  })
}

function holdNote({ type, direction, ip, port }: Stream): string[] {
  if (port === 0) return []
  if (ip === '0.0.0.0') return [`${type} on hold (address 0.0.0.0)`]
  if (direction === 'sendonly') return [`${type} on hold: sends only (music), does not listen`]
  if (direction === 'inactive') return [`${type} on hold: nobody sends`]
  return direction === 'recvonly' ? [`${type}: listens only, was put on hold`] : []
}

function changeNotes({ streams }: Session, before: Session): string[] {
  const notes = streams.flatMap((stream, i) => {
    const last = before.streams[i]
    if (!last) return [`${stream.type} was added`]
    return changesOf(stream, last).map((change) => `${stream.type}: ${change}`)
  })
  for (const stream of before.streams.slice(streams.length))
    notes.push(`${stream.type} was removed`)
  return notes.length > 0 ? notes : ['nothing changed against the last one of this side']
}

function changesOf(now: Stream, last: Stream): string[] {
  const changes: string[] = []
  const note = (what: string, was: string, is: string) => {
    if (was !== is) changes.push(`${what} ${was || 'none'} → ${is || 'none'}`)
  }
  note('address', `${last.ip}:${last.port}`, `${now.ip}:${now.port}`)
  note('direction', last.direction, now.direction)
  note('codecs', last.codecs.map(nameOf).join(', '), now.codecs.map(nameOf).join(', '))
  note('transport', last.protocol, now.protocol)
  note('ICE', last.iceUfrag, now.iceUfrag)
  note('DTLS fingerprint', last.fingerprint, now.fingerprint)
  note('SRTP', last.suites.join(', '), now.suites.join(', '))
  return changes
}
