// Routes about the process itself, for orchestrators and Prometheus, and the door for HEP.
import { registry } from '#metrics'
import { ApiError } from '../errors.ts'
import type { Param } from '../http/params.ts'
import { json, type Reply } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'
import type { Work } from '../options.ts'

// For HEP a database that is away *later* is no reason to send packets elsewhere: they wait in the
// spool, and every node has the same database. A balancer that asked for all would take out every node
// at once, and packets would be lost for a delay.
const work: Param<Work> = {
  in: 'query',
  help: "What for: 'hep' says whether HEP may be sent here, although the database went away later on.",
  allowed: 'all or hep',
  schema: { type: 'string', enum: ['all', 'hep'], default: 'all' },
  byDefault: () => 'all',
  parse: (text) => (text === 'all' || text === 'hep' ? text : undefined),
}

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
    params: { for: work },
    answer: { kind: 'json', schema: 'Readiness' },
    errors: ['not_ready'],
    handle: (params, { options }) => readiness(options, params.for),
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

async function readiness({ readiness }: RequestContext['options'], work: Work): Promise<Reply> {
  const { ready, missing } = await readiness(work)
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
