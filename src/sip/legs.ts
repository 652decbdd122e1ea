// Which calls are legs of one call, and why we think so. Starting from the call asked for, the best
// link to any call not yet joined is followed, again and again:
//
//   wanted ══ X-CID ══▶ leg b ── same Session-ID ══▶ leg c      joined through b
//      └─ ─ likeness ─ ▶ leg d                                  weaker
//
// A leg's score is the product of the scores on its way: identifiers count 1, likeness less, and
// whatever comes out below SCORE_MIN is not joined, so that likeness does not lead to likeness.
// Everything is said in `reasons`, for people to agree or not. Limits: CANDIDATES_MAX, LEGS_MAX.
import { sdpOf } from './body-sdp.ts'
import { type CallState, callStateOf } from './call-state.ts'
import { type KeyEvidence, keyEvidenceOf } from './correlation.ts'
import { likenessOf } from './likeness.ts'
import type { TracedMessage } from './message.ts'

export const CANDIDATES_MAX = 500
export const LEGS_MAX = 64
const SCORE_MIN = 0.7
const MEDIA_MARKS_MAX = 16

/** What joining needs to know of a call. */
export interface CallFacts {
  readonly callId: string
  /** Its correlation keys; `source` '' where only the key is known. */
  readonly evidence: readonly KeyEvidence[]
  readonly state: CallState
  /** Who described which media: SDP origins and media addresses. Empty when not looked at. */
  readonly media: readonly string[]
}

export interface JoinedLeg {
  readonly callId: string
  /** Why it belongs to the call, in words. */
  readonly reasons: readonly string[]
  /** 0 to 1: 1 for an explicit identifier, lower for likeness. */
  readonly score: number
}

interface Link {
  readonly reasons: readonly string[]
  readonly score: number
}

/** Everything `joinLegs` needs, from a call's messages. */
export function callFactsOf(callId: string, messages: readonly TracedMessage[]): CallFacts {
  return {
    callId,
    evidence: keyEvidenceOf(messages),
    state: callStateOf(messages),
    media: mediaMarksOf(messages),
  }
}

/** The candidates that belong to the wanted call, best first, directly or through one another. */
export function joinLegs(
  wanted: CallFacts,
  candidates: readonly CallFacts[],
): readonly JoinedLeg[] {
  const open = new Map<string, CallFacts>()
  for (const candidate of candidates.slice(0, CANDIDATES_MAX)) {
    if (candidate.callId !== wanted.callId) open.set(candidate.callId, candidate)
  }
  const best = new Map<string, Link>()
  const legs: JoinedLeg[] = []
  let joined: CallFacts | undefined = wanted
  let score = 1
  while (joined !== undefined && legs.length < LEGS_MAX) {
    followLinks(joined, score, joined === wanted, open, best)
    joined = takeBest(open, best, legs)
    score = legs.at(-1)?.score ?? 1
  }
  return legs
}

function followLinks(
  joined: CallFacts,
  score: number,
  isWanted: boolean,
  open: ReadonlyMap<string, CallFacts>,
  best: Map<string, Link>,
): void {
  for (const candidate of open.values()) {
    const link = linkBetween(joined, candidate, isWanted)
    const known = best.get(candidate.callId)
    if (link === undefined || link.score * score <= (known?.score ?? 0)) continue
    best.set(candidate.callId, { reasons: link.reasons, score: link.score * score })
  }
}

function takeBest(
  open: Map<string, CallFacts>,
  best: ReadonlyMap<string, Link>,
  legs: JoinedLeg[],
): CallFacts | undefined {
  let next: CallFacts | undefined
  let link: Link = { reasons: [], score: 0 }
  for (const candidate of open.values()) {
    const known = best.get(candidate.callId)
    if (known === undefined || known.score < SCORE_MIN || known.score < link.score) continue
    if (next !== undefined && known.score === link.score && !startsEarlier(candidate, next))
      continue
    next = candidate
    link = known
  }
  if (next === undefined) return undefined
  open.delete(next.callId)
  legs.push({ callId: next.callId, ...link })
  return next
}

/** A fixed order among equals: the same legs in the same order, however the candidates came. */
function startsEarlier(a: CallFacts, b: CallFacts): boolean {
  const byTime = a.state.firstUs - b.state.firstUs
  return byTime < 0 || (byTime === 0 && a.callId < b.callId)
}

function linkBetween(joined: CallFacts, candidate: CallFacts, isWanted: boolean): Link | undefined {
  const reasons = [
    ...namingReasons(joined, candidate, isWanted),
    ...sharedKeyReasons(joined, candidate, isWanted),
  ]
  return reasons.length > 0 ? { reasons, score: 1 } : likenessOf(joined, candidate)
}

/** One of the two names the other's Call-ID. */
function namingReasons(joined: CallFacts, candidate: CallFacts, isWanted: boolean): string[] {
  const names = evidenceOf(candidate, `callid:${joined.callId}`)
  const named = evidenceOf(joined, `callid:${candidate.callId}`)
  const target = isWanted ? 'this Call-ID' : `Call-ID ${joined.callId}`
  const reasons: string[] = []
  if (names !== undefined) reasons.push(`${names.source || 'a header of it'} names ${target}`)
  if (named !== undefined) {
    reasons.push(
      `${named.source || 'a header'} of ${isWanted ? 'this call' : joined.callId} names it`,
    )
  }
  return reasons
}

function evidenceOf({ evidence }: CallFacts, key: string): KeyEvidence | undefined {
  return evidence.find((candidate) => candidate.key === key)
}

/** Both carry the same identifier, or name the same third call. */
function sharedKeyReasons(joined: CallFacts, candidate: CallFacts, isWanted: boolean): string[] {
  const as = isWanted ? '' : ` as ${joined.callId}`
  return candidate.evidence
    .filter(({ key }) => evidenceOf(joined, key) !== undefined)
    .map(({ key }) => `${keyText(key)}${as}`)
}

function keyText(key: string): string {
  const colon = key.indexOf(':')
  const value = key.slice(colon + 1)
  switch (key.slice(0, colon)) {
    case 'session':
      return `same Session-ID ${value}`
    case 'icid':
      return `same charging identifier ${value}`
    default:
      return `names the same Call-ID ${value}`
  }
}

function mediaMarksOf(messages: readonly TracedMessage[]): readonly string[] {
  const marks = new Set<string>()
  for (const message of messages) {
    const sdp = sdpOf(message)
    if (sdp === undefined) continue
    const { origin, media } = sdp
    if (origin !== undefined)
      marks.add(`SDP origin ${origin.username} ${origin.sessionId} ${origin.address}`)
    for (const { ip, port } of media) if (port > 0) marks.add(`media address ${ip}:${port}`)
    if (marks.size >= MEDIA_MARKS_MAX) break
  }
  return [...marks].slice(0, MEDIA_MARKS_MAX)
}
