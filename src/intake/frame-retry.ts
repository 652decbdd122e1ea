// A quarantined frame tried again, by the rules of today. The ledger stays true: the frame stays
// counted as rejected from the first time, and counts as received once more when it is taken now;
// one that is refused again is not counted again, for nothing arrived.
//
// Its arrival is the original one, peer and time, so that the call it belongs to looks as it would
// have. An agent's key was blanked before anybody could look at the frame: where keys are asked for,
// nobody can tell whether it was right, and only the agent can send the frame again.
import { checkHep, type MalformedHep } from '#hep'
import { type IncomingFrame, TRANSPORTS } from '#spool'
import { type AccessPolicy, ADDRESS_DENIED, Admission } from './admission.ts'
import type { FrameLog } from './frame-log.ts'

/** As the quarantine keeps it: its transport is text there. */
export type RetriedFrame = Omit<IncomingFrame, 'transport'> & { readonly transport: string }

/** `unavailable`: the spool cannot take it just now; trying later may help. */
export type RetryOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly fault: MalformedHep }
  | { readonly kind: 'unavailable'; readonly why: string }

export type FrameRetry = (frame: RetriedFrame) => Promise<RetryOutcome>

export interface FrameRetryOptions {
  /** The lane of POST /hep: the main thread is its one writer. */
  readonly lane: FrameLog
  readonly policy?: AccessPolicy
  /** True from when the lane is to be closed. @default never */
  readonly isClosing?: () => boolean
}

/** Makes what tries a frame again: accepted means that it is on the disk. */
export function createFrameRetry({
  lane,
  policy = {},
  isClosing = () => false,
}: FrameRetryOptions): FrameRetry {
  const admission = new Admission(policy)
  const needsKey = (policy.keys?.length ?? 0) > 0
  return async (frame) => {
    const fault = faultOf(frame, admission, needsKey)
    if (fault !== undefined) return { kind: 'refused', fault }
    if (isClosing()) return { kind: 'unavailable', why: 'This node is shutting down.' }
    if (lane.isFull) return { kind: 'unavailable', why: 'The spool is full.' }
    const since = lane.position
    const transport = TRANSPORTS.find((name) => name === frame.transport) ?? 'relay'
    const result = lane.append({ ...frame, transport })
    if (result !== 'appended') return { kind: 'unavailable', why: `The spool said ${result}.` }
    // Should the disk fail now, the frame may be there or not: the caller must not say either.
    await lane.sync(since)
    return { kind: 'accepted' }
  }
}

function faultOf(
  { bytes, peerIp }: RetriedFrame,
  admission: Admission,
  needsKey: boolean,
): MalformedHep | undefined {
  if (admission.sourceOf(peerIp, Date.now())?.allowed === false) return ADDRESS_DENIED
  return checkHep(bytes) ?? (needsKey ? KEY_BLANKED : undefined)
}

const KEY_BLANKED: MalformedHep = {
  kind: 'malformed',
  reason: 'auth_wrong',
  offset: 0,
  detail:
    'The key was blanked when the frame was kept, so it cannot be checked: let the agent send again.',
}
