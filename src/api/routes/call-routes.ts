// Routes that search, show, export and watch calls.
import type { CallSearch } from '#contract'
import type { Identity } from '../auth/identity.ts'
import { exportPcap } from '../export/pcap.ts'
import { exportText } from '../export/text.ts'
import {
  flag,
  integer,
  list,
  opaque,
  refuseBackwards,
  segment,
  text,
  time,
} from '../http/params.ts'
import { json, type Reply } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'
import { CALL_ID_CHARS_MAX, findCall } from './find-call.ts'

// A ladder of more is not read by anyone; files are, by programs.
const MESSAGES_SHOWN_MAX = 5000
const MESSAGES_EXPORTED_MAX = 50_000

const q = text('search, see docs/search.md; empty = everything', 4096)
const callId = segment('the Call-ID, percent-encoded', CALL_ID_CHARS_MAX)
const correlate = flag('whether other legs of the same call come along', true)
const LISTS = { itemsMax: 16, charsMax: 8192 }
const others = list('other calls to show in the same ladder', LISTS)
const without = list('legs to leave out', LISTS)
const which = { callId, correlate, with: others, without }
const from = time('start of the time range; absent = no start', undefined)
const to = time('end of the time range; absent = no end', undefined)

/** Searching, showing, exporting, watching. */
export const CALL_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/calls',
    summary: 'Calls that match, newest first.',
    access: 'token',
    params: {
      q,
      from,
      to,
      limit: integer('calls on a page', { min: 1, max: 1000, byDefault: 50 }),
      cursor: opaque('the nextCursor of the page before', 2048),
    },
    answer: { kind: 'json', schema: 'CallPage' },
    errors: ['bad_query'],
    handle: async ({ from, to, ...rest }, { store, signal }) => {
      // What q means is the store's to say; it throws with the place of the mistake.
      refuseBackwards(from, to)
      const search: CallSearch = { ...rest, fromUs: from, toUs: to }
      return json(await store.searchCalls(search, signal))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/calls/{callId}',
    summary: 'One call: verdict, legs, messages, ladder.',
    access: 'token',
    params: which,
    answer: { kind: 'json', schema: 'CallDetail' },
    errors: ['call_not_found'],
    handle: async (which, context) => {
      const call = await findCall(which, MESSAGES_SHOWN_MAX, context)
      await noteUnmasked(which.callId, context)
      return json(call)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/calls/{callId}/pcap',
    summary: 'The packets of a call and its legs, for Wireshark and sngrep.',
    access: 'token',
    scope: 'export',
    params: which,
    answer: { kind: 'bytes', type: 'application/x-pcapng', about: 'pcapng, see docs/api.md' },
    errors: ['call_not_found'],
    handle: async (which, context) => {
      const { callId } = which
      // For its legs only; the bytes come from the trace.
      const call = await findCall(which, 1, context)
      const legs = [...new Set(call.legs.map((leg) => leg.callId))]
      const trace = await context.store.readTrace(legs, context.signal)
      await context.audit('export', callId, exported('pcap', context.who))
      return download(exportPcap(trace, legs), callId, 'pcapng', 'application/x-pcapng')
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/calls/{callId}/text',
    summary: 'The messages of a call and its legs as text.',
    access: 'token',
    scope: 'export',
    params: which,
    answer: { kind: 'bytes', type: 'text/plain', about: 'for reading and for tickets' },
    errors: ['call_not_found'],
    handle: async (which, context) => {
      const call = await findCall(which, MESSAGES_EXPORTED_MAX, context)
      await context.audit('export', which.callId, exported('text', context.who))
      return download(exportText(call), which.callId, 'txt', 'text/plain; charset=utf-8')
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/live',
    summary: 'Calls as they are stored (Server-Sent Events).',
    access: 'token',
    params: { q },
    answer: { kind: 'bytes', type: 'text/event-stream', about: 'events call, skipped, end, error' },
    errors: ['bad_query', 'too_many_streams'],
    handle: ({ q }, context) => context.watch(q, context),
  }),
]

// Where the policy says so, and somebody saw what is hidden from others.
async function noteUnmasked(callId: string, { who, gate, audit }: RequestContext): Promise<void> {
  if (who.masking || !(await gate.policies.masking()).auditUnmasked) return
  await audit('view-unmasked', callId)
}

const exported = (form: 'pcap' | 'text', { masking }: Identity) => ({
  ...{ form, masked: masking !== undefined },
})

// The name a browser saves the file under: what is left of the Call-ID is for recognising it only.
function download(
  body: Uint8Array<ArrayBuffer> | string,
  callId: string,
  extension: string,
  type: string,
): Reply {
  const name =
    callId
      .replaceAll(/[^\w.@-]+/g, '_')
      .replace(/^[.]+/, '')
      .slice(0, 80) || 'call'
  return {
    kind: 'body',
    body,
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${name}.${extension}"`,
    },
  }
}
