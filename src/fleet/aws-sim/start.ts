// A small AWS in this process, for tests: the real SDK talks to it over loopback.
//
//   SDK ──HTTP──▶ server ──▶ ecs · autoscaling · cloudwatch · discovery · secrets · ssm
//                    ▲           │
//                  faults        └──▶ events, as EventBridge would deliver them ──▶ onEvent
//
// What it covers is the operations we call, at the depth we rely on: README.md in this folder says
// which. Time is virtual: `clock.advance(60_000)` makes tasks start, spot notices run out and policies
// decide. Nothing here was compared with a real account, only with documentation and the SDK's types.

import { SimClock } from './clock.ts'
import { CloudWatchWorld, cloudWatchOperations } from './cloudwatch-operations.ts'
import { type DiscoveryTable, discoveryOperations } from './discovery-operations.ts'
import { settleAll } from './ecs-scheduler.ts'
import { serviceOperations } from './ecs-service-operations.ts'
import { taskOperations } from './ecs-task-operations.ts'
import { type EcsTimes, EcsWorld } from './ecs-world.ts'
import { FaultPlan } from './fault.ts'
import { MetricStore } from './metric-store.ts'
import { ScalingWorld } from './scaling.ts'
import { scalingOperations } from './scaling-operations.ts'
import { SecretStore, secretOperations } from './secret-operations.ts'
import { type SimServer, type SimServerOptions, serveSimulatedAws } from './server.ts'

export interface AwsSimOptions {
  /** When virtual time begins. */
  readonly startMs?: number
  readonly times?: Partial<EcsTimes>
  readonly otherPaths?: SimServerOptions['otherPaths']
}

export interface AwsSim extends AsyncDisposable {
  readonly url: string
  readonly clock: SimClock
  readonly ecs: EcsWorld
  readonly scaling: ScalingWorld
  readonly cloudWatch: CloudWatchWorld
  readonly secrets: SecretStore
  readonly discovery: DiscoveryTable
  readonly faults: FaultPlan
  readonly calls: SimServer['calls']
  /** Names of all that is simulated. */
  readonly operations: readonly string[]
  /** For SDK clients: endpoint, region, credentials. */
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** The same for a program, as environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts the simulated AWS; dispose of it when done. */
export function startAwsSim({ startMs, times, otherPaths }: AwsSimOptions = {}): AwsSim {
  const clock = new SimClock(startMs)
  const ecs = new EcsWorld(clock, times)
  const cloudWatch = new CloudWatchWorld(new MetricStore())
  const scaling = new ScalingWorld(ecs, cloudWatch)
  const secrets = new SecretStore()
  const discovery: DiscoveryTable = new Map()
  const faults = new FaultPlan()
  const tables = [
    serviceOperations(ecs),
    taskOperations(ecs),
    scalingOperations(scaling),
    cloudWatchOperations(cloudWatch, clock),
    discoveryOperations(ecs, discovery),
    ...secretOperations(secrets, clock),
  ]
  const server = serveSimulatedAws({
    clock,
    faults,
    tables,
    ...(otherPaths ? { otherPaths } : {}),
    afterCall: () => settleAll(ecs),
  })
  const client = {
    endpoint: server.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDSIMULATED', secretAccessKey: 'simulated' },
  }
  return {
    ...{ url: server.url, calls: server.calls, clock, ecs, scaling, cloudWatch },
    ...{ secrets, discovery, faults, client },
    operations: tables.flatMap(({ operations }) => Object.keys(operations)),
    env: {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: client.region,
      AWS_ACCESS_KEY_ID: client.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: client.credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
