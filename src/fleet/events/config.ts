// What the reconciler looks after, as one JSON document (`CALLIOPE_FLEET`, or --fleet FILE). A part that
// is left out is not looked after. Checked whole before anything is asked of AWS.
import {
  check,
  type InferOutput,
  integer,
  maxLength,
  maxValue,
  minValue,
  number,
  optional,
  pipe,
  regex,
  safeParse,
  strictObject,
  string,
} from 'valibot'

export const TASKS_MAX = 5_000 // what one ECS service can have

const name = pipe(
  string(),
  maxLength(255),
  regex(/^[A-Za-z0-9_-]+$/, 'letters, digits, _ and - only'),
)
const count = (least = 0, most = TASKS_MAX) =>
  pipe(number(), integer(), minValue(least), maxValue(most))

// While spot is back and stand-ins still run, autoscaling sees idle nodes: give back well before it
// scales in (target tracking: 15 minutes), or the two fight.
/** Stand-ins on demand for spot tasks that were taken away and cannot be had again. */
const spot = pipe(
  strictObject({
    service: name,
    onDemandService: name,
    least: optional(count(), 0),
    most: optional(count(), 10),
    giveBackAfterSeconds: optional(count(60, 86_400), 300),
    patienceSeconds: optional(count(30, 3_600), 300),
  }),
  check(({ least, most }) => least <= most, 'least is more than most'),
  check((s) => s.service !== s.onDemandService, 'service and onDemandService are the same'),
)

/** One task on each active container instance, where DAEMON scheduling is not to be had. */
const perHost = strictObject({ service: name, most: optional(count(1), 100) })

/** CPU and memory every 20 seconds instead of every minute. */
const fastMetrics = strictObject({ service: name })

/** As many tasks as the database has connections for. */
const connections = pipe(
  strictObject({
    service: name,
    available: count(1, 100_000),
    reserved: optional(count(0, 100_000), 20),
    perTask: optional(count(1, 1_000), 16),
    most: optional(count(1), 50),
  }),
  check((c) => c.available - c.reserved >= c.perTask, 'not even one task has connections'),
)

const fleet = strictObject({
  cluster: name,
  spot: optional(spot),
  perHost: optional(perHost),
  fastMetrics: optional(fastMetrics),
  connections: optional(connections),
})

export type FleetConfig = InferOutput<typeof fleet>
export type SpotConfig = NonNullable<FleetConfig['spot']>
export type PerHostConfig = NonNullable<FleetConfig['perHost']>
export type FastMetricsConfig = NonNullable<FleetConfig['fastMetrics']>
export type ConnectionsConfig = NonNullable<FleetConfig['connections']>

/** A configuration that cannot be used, with the member and what is wrong about it. */
export class FleetConfigError extends Error {
  readonly code = 'FLEET_CONFIG'
}

/** Reads the document; throws FleetConfigError naming each wrong member. */
export function parseFleetConfig(text: string): FleetConfig {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new FleetConfigError(`The fleet configuration is not JSON: ${(cause as Error).message}`)
  }
  const parsed = safeParse(fleet, json)
  if (parsed.success) return parsed.output
  const wrong = parsed.issues.map(
    (issue) =>
      `${issue.path?.map(({ key }) => String(key)).join('.') ?? 'document'}: ${issue.message}`,
  )
  throw new FleetConfigError(`The fleet configuration is wrong. ${wrong.join('; ')}`)
}
