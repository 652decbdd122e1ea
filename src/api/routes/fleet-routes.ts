// The fleet: its nodes, what they did over time, and why their number changed.

import { ApiError } from '../errors.ts'
import { readBody } from '../http/body.ts'
import { integer, refuseBackwards, time } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { type Route, route } from '../http/route.ts'
import { newFleetEvent } from '../schemas/fleet-schemas.ts'
import { fleetNodes, fleetNow } from './fleet-view.ts'

// What is kept; see store/schema/007-fleet.sql.
const FINE_KEPT_US = 3_600e6
const DAYS_MAX = 8
/** Steps made of samples of two seconds, and of a minute. */
const FINE_STEPS = [2, 4, 10, 20] as const
const COARSE_STEPS = [60, 120, 300, 900, 1_800] as const
const POINTS_MAX = 400

/** GET /api/v1/fleet and what belongs to it. */
export const FLEET_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/fleet',
    summary: 'Capture nodes now and over time, and the events that changed their number.',
    access: 'token',
    params: {
      from: time('start of the graphs and events', '-15m'),
      to: time('their end', 'now'),
      events: integer('events', { min: 0, max: 500, byDefault: 100 }),
    },
    answer: { kind: 'json', schema: 'Fleet' },
    errors: [],
    handle: async ({ from, to, events }, { store, options }) => {
      refuseBackwards(from, to)
      refuseLong(from, to)
      const nowMs = Date.now()
      const stepSeconds = stepFor(from, to, nowMs * 1000)
      const [rows, dropped, points, told] = await Promise.all([
        store.nodes(),
        store.fleet.droppedLately(),
        store.fleet.points(from, to, stepSeconds),
        store.fleet.events(from, to, events),
      ])
      const nodes = fleetNodes(rows, dropped, from / 1000)
      const policy = options.fleetPolicy?.() ?? null
      return json({
        ...{ now: fleetNow(nodes, nowMs), nodes, stepSeconds, points, events: told, policy },
      })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/fleet/events',
    summary: 'Tells why the number of nodes changed, for the graph: for whoever scales the fleet.',
    access: 'token',
    role: 'admin',
    params: {},
    body: 'NewFleetEvent',
    answer: { kind: 'json', schema: 'FleetEventTold' },
    errors: ['bad_body'],
    handle: async (_, context) => {
      await context.store.fleet.tell(await readBody(context, newFleetEvent))
      return json({ told: true })
    },
  }),
]

/** The finest step that is kept for that long ago and gives no more points than a chart shows. */
function stepFor(fromUs: number, toUs: number, nowUs: number): number {
  const fits = (step: number) => (toUs - fromUs) / (step * 1e6) <= POINTS_MAX
  const fine = nowUs - fromUs <= FINE_KEPT_US ? FINE_STEPS.find(fits) : undefined
  return fine ?? COARSE_STEPS.find(fits) ?? COARSE_STEPS.at(-1)!
}

function refuseLong(from: number, to: number): void {
  if (to - from > DAYS_MAX * 86_400e6)
    throw new ApiError(
      'bad_parameter',
      `from to to is more than ${DAYS_MAX} days.`,
      `Allowed: at most ${DAYS_MAX} days, which is how long samples are kept.`,
    )
}
