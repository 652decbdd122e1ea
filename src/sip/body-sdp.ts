// The session description a traced message carries, read from its body on demand.
import type { TracedMessage } from './message.ts'
import { parseSdp, type Sdp } from './sdp.ts'

/** The SDP offered or answered in a message; undefined for one without. */
export function sdpOf({ sip, payload }: TracedMessage): Sdp | undefined {
  if (sip === undefined || sip.bodyAt >= payload.length) return undefined
  return parseSdp(payload.subarray(sip.bodyAt))
}
