// A fleet in the simulated AWS: the spot service and its on-demand twin, one-per-host agents, and a
// reconciler that gets every event as EventBridge would deliver it. Time moves only by `pass`.

import type { BusEvent } from '../src/fleet/aws-sim/ecs-events.ts'
import { scheduledEvent } from '../src/fleet/aws-sim/ecs-events.ts'
import { settleAll } from '../src/fleet/aws-sim/ecs-scheduler.ts'
import { type AwsSim, startAwsSim } from '../src/fleet/aws-sim/start.ts'
import { openAwsCloud } from '../src/fleet/events/aws-cloud.ts'
import { type FleetConfig, parseFleetConfig } from '../src/fleet/events/config.ts'
import { type Outcome, Reconciler } from '../src/fleet/events/reconciler.ts'

export const FLEET: FleetConfig = parseFleetConfig(
  JSON.stringify({
    cluster: 'voip',
    spot: { service: 'capture', onDemandService: 'capture-on-demand', most: 6 },
  }),
)

export interface FleetOptions {
  readonly config?: FleetConfig
  readonly spotTasks?: number
  /** Where the spot tasks of `capture` run. @default FARGATE_SPOT */
  readonly provider?: string
  /** Minutes between two ticks; 0 = none. @default 1 */
  readonly tickMinutes?: number
  /** When the rig is ready; of use where a program looks at its own clock. */
  readonly nowMs?: number
}

/** The rig; `outcomes` is what came of every event so far. */
export interface SimulatedFleet extends AsyncDisposable {
  readonly sim: AwsSim
  readonly reconciler: Reconciler
  readonly outcomes: Outcome[]
  readonly events: BusEvent[]
  /** Moves virtual time in steps and lets the reconciler handle what happened. @default 1 */
  pass(seconds: number, stepSeconds?: number): Promise<void>
  desired(service: string): number
  running(service: string): number
}

const AGE_MS = 3_600_000 // the services are an hour old when a test begins

const strategies = (provider: string) => ({
  capture: [
    { capacityProvider: 'FARGATE', base: 1, weight: 0 },
    { capacityProvider: provider, weight: 1 },
  ],
  'capture-on-demand': [{ capacityProvider: 'FARGATE', weight: 1 }],
})

export async function startFleet(options: FleetOptions = {}): Promise<SimulatedFleet> {
  const { config = FLEET, tickMinutes = 1, nowMs } = options
  const sim = startAwsSim(nowMs === undefined ? {} : { startMs: nowMs - AGE_MS })
  const reconciler = new Reconciler({
    config,
    cloud: openAwsCloud(config.cluster, { client: sim.client, retry: { sleep: async () => {} } }),
    nowMs: () => sim.clock.nowMs,
  })
  await createServices(sim, options)
  const events: BusEvent[] = []
  const outcomes: Outcome[] = []
  sim.ecs.onEvent((event) => events.push(event))
  if (tickMinutes > 0)
    sim.clock.every(tickMinutes * 60_000, () =>
      events.push(scheduledEvent('tick', sim.clock.nowMs)),
    )
  let handled = 0
  const pass = async (seconds: number, stepSeconds = 1) => {
    for (let passed = 0; passed < seconds; passed += stepSeconds) {
      sim.clock.advance(stepSeconds * 1000)
      while (handled < events.length) outcomes.push(await reconciler.handle(events[handled++]))
    }
  }
  const service = (name: string) => sim.ecs.requireService(config.cluster, name)
  return {
    ...{ sim, reconciler, outcomes, events, pass },
    desired: (name) => service(name).desired,
    running: (name) =>
      sim.ecs.tasksOf(service(name)).filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    [Symbol.asyncDispose]: () => sim[Symbol.asyncDispose](),
  }
}

// Through the real SDK, as Terraform would; then time passes until all of them run.
async function createServices(sim: AwsSim, options: FleetOptions): Promise<void> {
  const { config = FLEET, spotTasks = 4, provider = 'FARGATE_SPOT' } = options
  const { ECS } = await import('@aws-sdk/client-ecs')
  const ecs = new ECS(sim.client)
  await ecs.createCluster({ clusterName: config.cluster })
  const create = (serviceName: string, desiredCount: number, more: object) =>
    ecs.createService({
      ...{ cluster: config.cluster, serviceName, desiredCount, taskDefinition: 'calliope:1' },
      ...more,
    })
  for (const [name, capacityProviderStrategy] of Object.entries(strategies(provider)))
    await create(name, name === 'capture' ? spotTasks : 0, { capacityProviderStrategy })
  const placementConstraints = [{ type: 'distinctInstance' as const }]
  if (config.perHost)
    await create(config.perHost.service, 0, { launchType: 'EC2', placementConstraints })
  ecs.destroy()
  settleAll(sim.ecs)
  sim.clock.advance(AGE_MS)
}
