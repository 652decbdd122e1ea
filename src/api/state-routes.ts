// Routes that say how the capture itself is doing.
import { ApiError } from './errors.ts'
import { integer, refuseBackwards, time } from './params.ts'
import { json } from './reply.ts'
import { type Route, route } from './route.ts'

// 44,640 minutes, some 12 MB of JSON: more is not for one answer.
const KPI_DAYS_MAX = 31

/** Ledger, sources, quarantine, KPIs, nodes, and the server itself. */
export const STATE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/ledger',
    summary: 'Every packet ever received, and what became of it.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Ledger' },
    errors: [],
    handle: async (_, { store }) => json(await store.ledger()),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sources',
    summary: 'Who sends.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Sources' },
    errors: [],
    handle: async (_, { store }) => json({ sources: await store.sources() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/quarantine',
    summary: 'Frames that failed a check, newest first.',
    access: 'token',
    params: { limit: integer('frames', { min: 1, max: 1000, byDefault: 100 }) },
    answer: { kind: 'json', schema: 'Quarantine' },
    errors: [],
    handle: async ({ limit }, { store }) => json({ quarantine: await store.quarantine(limit) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/kpi',
    summary: 'Attempts, answers, failures and setup times per minute.',
    access: 'token',
    params: {
      from: time('start of the time range', '-1h'),
      to: time('end of the time range', 'now'),
    },
    answer: { kind: 'json', schema: 'Kpi' },
    errors: [],
    handle: async ({ from, to }, { store }) => {
      refuseBackwards(from, to)
      refuseLong(from, to)
      return json({ minutes: await store.kpi(from, to) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes',
    summary: 'Capture nodes and how they are.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Nodes' },
    errors: [],
    handle: async (_, { store }) => json({ nodes: await store.nodes() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/about',
    summary: 'This server: its version and where it takes HEP.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'About' },
    errors: [],
    handle: (_, { options }) => json(options.about?.() ?? { version: 'unknown', hep: [] }),
  }),
]

function refuseLong(from: number, to: number): void {
  if (to - from > KPI_DAYS_MAX * 86_400e6)
    throw new ApiError(
      'bad_parameter',
      `from to to is more than ${KPI_DAYS_MAX} days.`,
      `Allowed: at most ${KPI_DAYS_MAX} days; ask for several ranges.`,
    )
}
