// The newest messages of a call and its legs together, with the reports that were found for it: folded, laid
// out, and each with what it reports.
import type { CallDetail } from '#contract'
import { type FoldedMessage, foldTaps, layOutLadder, type TracedMessage } from '#sip'
import { callMessageOf, type MessagePlace } from './call-message.ts'
import { type CallMedia, codecFor, type FoundReport } from './find-reports.ts'
import type { LoadedTrace } from './load-trace.ts'

type Shown = Pick<CallDetail, 'ladder' | 'messages' | 'messagesOmitted'> & {
  readonly folded: readonly FoldedMessage[]
}

/** At most `shownMax` messages; the others are counted. */
export function callMessages(
  legs: readonly LoadedTrace[],
  reports: readonly FoundReport[],
  media: CallMedia,
  shownMax: number,
): Shown {
  const all = placed(legs, reports).sort((a, b) => a.message.atUs - b.message.atUs)
  const shown = all.slice(Math.max(0, all.length - shownMax))
  const omitted = legs.reduce((sum, leg) => sum + leg.omitted, all.length - shown.length)
  const places = new Map(shown.map(({ message, place }) => [message, place]))
  const folded = foldTaps(shown.map(({ message }) => message))
  return {
    folded,
    messages: folded.map((one) => {
      const place = places.get(one.message) ?? { callId: '' }
      return callMessageOf(one, { ...place, codec: codecFor(one.message, media) })
    }),
    ladder: layOutLadder(folded),
    messagesOmitted: omitted,
  }
}

interface Placed {
  readonly message: TracedMessage
  readonly place: MessagePlace
}

function placed(legs: readonly LoadedTrace[], reports: readonly FoundReport[]): Placed[] {
  return [
    ...legs.flatMap(({ call, messages }) =>
      messages.map((message) => ({ message, place: { callId: call.callId } })),
    ),
    ...reports.map(({ message, callId, address }) => ({
      message,
      place: { callId, linkedBy: `media address ${address}` },
    })),
  ]
}
