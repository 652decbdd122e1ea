// Reads the call a request asks for, with the legs it wants and without those it does not.
import type { CallDetail } from '#contract'
import { ApiError } from '../errors.ts'
import { quote, type RequestContext } from '../http/route.ts'
import { withoutLegs } from './without-legs.ts'

// Bun takes 16 KiB of path and headers; a Call-ID that long has to be looked at by searching.
export const CALL_ID_CHARS_MAX = 8192

/** Which call, and what comes along. */
export interface WhichCall {
  readonly callId: string
  readonly correlate: boolean
  readonly with: readonly string[]
  readonly without: readonly string[]
}

/** The call; throws `call_not_found`. */
export async function findCall(
  { callId, correlate, with: others, without }: WhichCall,
  messagesMax: number,
  { store, signal }: Pick<RequestContext, 'signal' | 'store'>,
): Promise<CallDetail> {
  const options = { correlate, messagesMax, with: others }
  const call = await store.readCall(callId, options, signal)
  if (call) return withoutLegs(call, without)
  throw callNotFound(callId)
}

/** What to say of a Call-ID that is not stored. */
export const callNotFound = (callId: string): ApiError =>
  new ApiError(
    'call_not_found',
    `No call with the Call-ID ${quote(callId)} is stored.`,
    'It may be past its retention, not stored yet, or cut: Call-IDs are matched whole, case included.',
  )
