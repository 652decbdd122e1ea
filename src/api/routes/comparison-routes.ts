// Routes that hold a call against others: one that went well, and those that failed alike.

import { segment } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { type Route, route } from '../http/route.ts'
import { CALL_ID_CHARS_MAX, callNotFound } from './find-call.ts'

const callId = segment('the Call-ID, percent-encoded', CALL_ID_CHARS_MAX)

/** What a call is compared with. */
export const COMPARISON_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/calls/{callId}/good',
    summary: 'The last call that went well between the same parties.',
    access: 'token',
    params: { callId },
    answer: { kind: 'json', schema: 'GoodCall' },
    errors: ['call_not_found'],
    handle: async ({ callId }, { store, signal }) => {
      const good = await store.goodCall(callId, signal)
      if (good) return json(good)
      throw callNotFound(callId)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/calls/{callId}/similar',
    summary: 'Calls that failed alike, an hour before and after.',
    access: 'token',
    params: { callId },
    answer: { kind: 'json', schema: 'SimilarCalls' },
    errors: ['call_not_found'],
    handle: async ({ callId }, { store, signal }) => {
      const similar = await store.similarCalls(callId, signal)
      if (similar) return json(similar)
      throw callNotFound(callId)
    },
  }),
]
