// Routes about the process itself, for orchestrators and Prometheus, and the door for HEP.
import { registry } from '#metrics'
import { ApiError } from './errors.ts'
import { json, type Reply } from './reply.ts'
import { type RequestContext, type Route, route } from './route.ts'

/** Health, readiness, metrics, and POST /hep. */
export const SERVER_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process is alive.',
    access: 'open',
    params: {},
    answer: { kind: 'json', schema: 'Health' },
    errors: [],
    handle: () => json({ alive: true }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether work may be sent here; 503 names what is missing.',
    access: 'open',
    params: {},
    answer: { kind: 'json', schema: 'Readiness' },
    errors: ['not_ready'],
    handle: (_, { options }) => readiness(options),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics for Prometheus.',
    access: 'token',
    params: {},
    answer: { kind: 'bytes', type: 'text/plain', about: 'Prometheus text format' },
    errors: [],
    handle: async () => ({
      kind: 'body',
      body: await registry.metrics(),
      headers: { 'content-type': registry.contentType },
    }),
  }),
  route({
    method: 'POST',
    path: '/hep',
    summary: 'HEP frames back to back; 200 means they are on disk.',
    access: 'handler',
    scope: 'ingest',
    params: {},
    answer: { kind: 'bytes', type: 'application/json', about: 'what was taken, see docs/hep.md' },
    errors: ['body_too_large', 'unknown_route'],
    handle: (_, context) => takeHep(context),
  }),
]

async function readiness({ readiness }: RequestContext['options']): Promise<Reply> {
  const { ready, missing } = await readiness()
  if (ready) return json({ ready, missing })
  const error = new ApiError(
    'not_ready',
    `Not ready: ${missing.join('; ') || 'no reason was given'}.`,
    'Send work elsewhere and ask again.',
  )
  return { kind: 'json', status: error.status, value: { ready, missing, ...error.body() } }
}

async function takeHep({ request, peer, options }: RequestContext): Promise<Reply> {
  if (!options.hep)
    throw new ApiError(
      'unknown_route',
      'This server takes no HEP over HTTP.',
      'Send it to a server started with "calliope up" or "calliope capture".',
    )
  return { kind: 'response', response: await options.hep.handle(request, peer) }
}
