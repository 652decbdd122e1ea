// The shapes of the fleet.
import * as v from 'valibot'
import type * as contract from '#contract'
import { at, count } from './call-schemas.ts'

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))

const node: v.GenericSchema<contract.FleetNode> = v.strictObject({
  node: v.string(),
  version: v.string(),
  state: v.picklist(['starting', 'ready', 'draining', 'stopped', 'lost']),
  startedAt: at,
  heartbeatAt: at,
  packetsPerSecond: v.number(),
  cpuCores: v.nullable(v.number()),
  memoryBytes: v.nullable(count),
  spoolAgeSeconds: v.number(),
  spoolBytes: count,
  pending: count,
  received: count,
  dropped: count,
  droppedLately: count,
  headroom: v.nullable(share),
})

const point: v.GenericSchema<contract.FleetPoint> = v.strictObject({
  at,
  nodes: count,
  packetsPerSecond: v.number(),
  packetsPerSecondMax: v.number(),
  spoolAgeSeconds: v.number(),
  dropped: count,
  cpuCores: v.nullable(v.number()),
})

const KINDS = ['came', 'draining', 'gone', 'lost', 'scaled', 'reclaimed', 'noted'] as const

const event: v.GenericSchema<contract.FleetEvent> = v.strictObject({
  at,
  kind: v.picklist(KINDS),
  node: v.string(),
  reason: v.string(),
  nodesFrom: v.nullable(count),
  nodesTo: v.nullable(count),
})

const words = (charsMax: number) => v.pipe(v.string(), v.maxLength(charsMax))
const nodesMax = v.pipe(count, v.maxValue(100_000))

/** The body of POST /api/v1/fleet/events. */
export const newFleetEvent: v.GenericSchema<contract.NewFleetEvent> = v.strictObject({
  kind: v.picklist(['scaled', 'reclaimed', 'noted']),
  node: v.exactOptional(words(200)),
  reason: words(1000),
  nodesFrom: v.exactOptional(nodesMax),
  nodesTo: v.exactOptional(nodesMax),
})

const policy: v.GenericSchema<contract.FleetPolicy> = v.strictObject({
  name: v.string(),
  sentence: v.string(),
})

const fleet: v.GenericSchema<contract.Fleet> = v.strictObject({
  now: v.strictObject({
    nodes: count,
    packetsPerSecond: v.number(),
    spoolAgeSeconds: v.number(),
    droppedLately: count,
    skew: v.nullable(v.number()),
    headroom: v.nullable(share),
  }),
  nodes: v.array(node),
  stepSeconds: count,
  points: v.array(point),
  events: v.array(event),
  policy: v.nullable(policy),
})

/** Spread into SCHEMAS. */
export const FLEET_SCHEMAS = {
  Fleet: fleet,
  FleetNode: node,
  FleetPoint: point,
  FleetEvent: event,
  FleetPolicy: policy,
  NewFleetEvent: newFleetEvent,
  FleetEventTold: v.strictObject({ told: v.literal(true) }),
} as const
