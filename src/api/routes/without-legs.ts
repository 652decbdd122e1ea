// A call without some of its legs: their messages and arrows go, what is left is numbered anew, and
// hosts that only they used go too.
import type { CallDetail, LadderArrow } from '#contract'

/** The call without these legs; the one asked for always stays. */
export function withoutLegs(call: CallDetail, callIds: readonly string[]): CallDetail {
  const gone = new Set(callIds.filter((callId) => callId !== call.callId))
  if (!call.legs.some(({ callId }) => gone.has(callId))) return call
  const kept = call.ladder.arrows.filter(
    ({ message }) => !gone.has(call.messages[message]?.callId ?? ''),
  )
  const messageAt = placesOf(kept.map(({ message }) => message))
  return {
    ...call,
    legs: call.legs.filter(({ callId }) => !gone.has(callId)),
    messages: kept.flatMap(({ message }) => call.messages[message] ?? []),
    evidence: call.evidence.flatMap(({ message, ...words }) => {
      const place = messageAt.get(message)
      return place === undefined ? [] : [{ ...words, message: place }]
    }),
    ladder: ladderOf(call, kept),
  }
}

function ladderOf({ ladder }: CallDetail, kept: readonly LadderArrow[]): CallDetail['ladder'] {
  const used = ladder.columns.flatMap((_, i) =>
    kept.some(({ from, to }) => from === i || to === i) ? [i] : [],
  )
  const columnAt = placesOf(used)
  const arrowAt = placesOf(kept.map((arrow) => ladder.arrows.indexOf(arrow)))
  const startMs = kept[0]?.atMs ?? 0
  return {
    columns: used.flatMap((i) => ladder.columns[i] ?? []),
    arrows: kept.map((arrow, i) => ({
      ...arrow,
      message: i,
      from: columnAt.get(arrow.from) ?? 0,
      to: columnAt.get(arrow.to) ?? 0,
      atMs: arrow.atMs - startMs,
      repeatOf: arrow.repeatOf === null ? null : (arrowAt.get(arrow.repeatOf) ?? null),
    })),
  }
}

const placesOf = (kept: readonly number[]): ReadonlyMap<number, number> =>
  new Map(kept.map((old, place) => [old, place]))
