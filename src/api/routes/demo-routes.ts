// Generated calls for a system that has none, so that a newcomer sees what it does.
import { ApiError } from '../errors.ts'
import { flag } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'

export const DEMO_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/demo',
    summary: 'How far the generated traffic is.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Demo' },
    errors: ['no_intake'],
    handle: (_, { options }) => json(demoOf(options).state()),
  }),
  route({
    method: 'POST',
    path: '/api/v1/demo',
    summary: "An hour of generated calls, captured by 'calliope-demo'.",
    access: 'token',
    role: 'engineer',
    params: { confirm: flag('also when calls are stored already', false) },
    answer: { kind: 'json', schema: 'Demo' },
    errors: ['no_intake', 'demo_refused'],
    handle: async ({ confirm }, { store, options, signal, audit }) => {
      const demo = demoOf(options)
      if (demo.state().state === 'running')
        throw refused('It is running already.', 'Wait for it to end: GET /api/v1/demo.')
      const search = { q: '', fromUs: undefined, toUs: undefined, limit: 1, cursor: undefined }
      if (!confirm && (await store.searchCalls(search, signal)).calls.length > 0)
        throw refused('There are calls already.', 'Say confirm=1 to mix generated ones with them.')
      demo.start()
      await audit('demo', 'calliope-demo', { confirm })
      return json(demo.state())
    },
  }),
]

const refused = (message: string, hint: string): ApiError =>
  new ApiError('demo_refused', message, hint)

function demoOf({ demo }: RequestContext['options']) {
  if (demo) return demo
  throw new ApiError(
    'no_intake',
    'This server takes no HEP itself.',
    'Ask a capture node (calliope up or calliope capture).',
  )
}
