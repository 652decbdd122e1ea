// Reports that name no call, found for a call by the media addresses of its session descriptions. The writer
// files such reports under the two addresses they travelled between and the hour (media-address.ts), and keeps
// a key for each address; so one statement asks for all of them, and only where such reports came at all.
//
//   SDP of the call ─▶ addresses × hours ─▶ correlation_keys ─▶ what is filed there ─▶ of the call's time
import { addressesOfPacket, mediaKeysWithin, mediaOfCall, type TracedMessage } from '#sip'
import { type LoadedTrace, loadTraces, type TraceBounds } from './load-trace.ts'
import type { ReadSession } from './read-session.ts'
import { SqlParams } from './sql-params.ts'

/** Reports begin with the media, which may come before the answer, and the last comes after the BYE. */
const BEFORE_US = 2_000_000
const AFTER_US = 30_000_000
const PLACES_MAX = 64
const KEYS_MAX = 2_000

/** A report and how it was found. */
export interface FoundReport {
  readonly message: TracedMessage
  /** The call, or leg of it, whose media it is about. */
  readonly callId: string
  readonly address: string
}

/** The media of each call, by address. */
export type CallMedia = ReadonlyMap<string, { readonly callId: string; readonly codec: string }>

/** Every media address of the calls, the first call that names it counts. */
export function mediaOfTraces(traces: readonly LoadedTrace[]): CallMedia {
  const media = new Map<string, { callId: string; codec: string }>()
  for (const { call, messages } of traces) {
    for (const [address, codec] of mediaOfCall(messages)) {
      if (!media.has(address)) media.set(address, { callId: call.callId, codec })
    }
  }
  return media
}

/** Reports on these media in the time of the calls. */
export async function findReports(
  session: ReadSession,
  traces: readonly LoadedTrace[],
  media: CallMedia,
  bounds: TraceBounds,
): Promise<readonly FoundReport[]> {
  const fromUs = Math.min(...traces.map(({ call }) => call.state.firstUs)) - BEFORE_US
  const toUs = Math.max(...traces.map(({ call }) => call.state.lastUs)) + AFTER_US
  const keys = mediaKeysWithin(media.keys(), fromUs, toUs).slice(0, KEYS_MAX)
  if (keys.length === 0) return []
  const params = new SqlParams()
  const text = `
    select distinct call_id from correlation_keys where key = any(${params.texts(keys)})
    order by call_id limit ${PLACES_MAX}`
  const places = await session.rows<{ call_id: string }>(text, params.values)
  const found = await loadTraces(
    session,
    places.map(({ call_id }) => call_id),
    bounds,
  )
  return [...found.values()].flatMap(({ messages }) =>
    messages.flatMap((message) => {
      const address = addressesOfPacket(message).find((one) => media.has(one))
      const isWithin = message.atUs >= fromUs && message.atUs <= toUs
      if (address === undefined || !isWithin) return []
      return [{ message, callId: media.get(address)!.callId, address }]
    }),
  )
}

/** The codec of the stream a report is about; '' when no session description tells. */
export function codecFor(message: TracedMessage, media: CallMedia): string {
  const address = addressesOfPacket(message).find((one) => media.has(one))
  return address === undefined ? '' : media.get(address)!.codec
}
