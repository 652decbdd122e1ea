// The verdict on a call with its legs. Only the call asked for is judged, but what a B2BUA told it may
// have begun elsewhere: the refusal is followed back, leg by leg, to whoever gave it first.
//
//   alice ◀─503── sbc ◀─503── pbx ◀─486── bob      'failed: 503 from sbc …, passed on from bob (486)'
//         leg 1        leg 2        leg 3
import type { CallDetail } from '#contract'
import { explainVerdict, type FoldedMessage, foldTaps, type Refusal, refusalOf } from '#sip'
import type { LoadedTrace } from './load-trace.ts'

/** `shown` are the messages of all legs, which the evidence is numbered by. */
export function callVerdict(
  { call, messages }: LoadedTrace,
  legs: readonly LoadedTrace[],
  shown: readonly FoldedMessage[],
): Pick<CallDetail, 'evidence' | 'verdict'> {
  const own = foldTaps(messages)
  const { text, evidence } = explainVerdict(own, call.state)
  const origin = originOf(refusalOf(own, call.state), legs)
  const clause = origin === undefined ? '' : `passed on from ${origin.host} (${origin.label})`
  const places = new Map(shown.flatMap(({ taps }, i) => taps.map((tap) => [tap, i] as const)))
  const cited = [
    ...evidence.map(({ message, ...words }) => ({ ...words, message: own[message]!.message })),
    ...(origin ? [{ at: text.length + 2, text: clause, message: origin.message }] : []),
  ]
  return {
    verdict: clause === '' ? text : `${text}, ${clause}`,
    // A message that is left out cannot be pointed at.
    evidence: cited.flatMap(({ message, ...words }) => {
      const place = places.get(message)
      return place === undefined ? [] : [{ ...words, message: place }]
    }),
  }
}

/** The refusal that this one passes on, and what that one passes on; the last of several tries counts. */
function originOf(refusal: Refusal | undefined, legs: readonly LoadedTrace[]): Refusal | undefined {
  if (refusal === undefined) return undefined
  const others = legs
    .flatMap(({ call, messages }) => refusalOf(foldTaps(messages), call.state) ?? [])
    .sort((a, b) => b.message.atUs - a.message.atUs)
  let origin: Refusal | undefined
  for (const other of others) {
    const later = origin ?? refusal
    const isBefore = other.message.atUs <= later.message.atUs
    if (isBefore && other.toHost === later.host && other.host !== later.host) origin = other
  }
  return origin
}
