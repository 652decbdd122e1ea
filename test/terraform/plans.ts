// The capture module's variants, planned once for all test files of a run.
import { type Plan, plansOf } from '../../tools/tf-schema-provider/plan.ts'
import { estate, estateWithAll, scaling, source0 } from './variables.ts'

const graviton = {
  ...{ kind: 'managed_instances', architecture: 'ARM64' },
  instance_types: ['c7g.large', 'm7gd.large'],
}

const variants = {
  spot: estate,
  everything: estateWithAll,
  source0,
  ec2: { ...estate, compute: { kind: 'ec2' } },
  managed: { ...estate, compute: graviton },
  twoLevel: { ...estate, compute: { kind: 'ec2' }, scaling: scaling.twoLevel },
  daemon: { ...estate, compute: { kind: 'ec2', daemon: true } },
  ownCluster: { ...estate, cluster: { name: 'voip' } },
  forecast: { ...estate, scaling: scaling.forecast },
}

export type CapturePlans = Readonly<Record<keyof typeof variants, Plan>>

/** Planning takes seconds: give a hook that calls this time. */
export const PLANNING_MS_MAX = 60_000

let planned: Promise<CapturePlans> | undefined

export const capturePlans = (): Promise<CapturePlans> => {
  planned ??= plansOf('modules/capture', variants)
  return planned
}

export interface Container {
  readonly image: string
  readonly user: string
  readonly stopTimeout: number
  readonly linuxParameters: { readonly capabilities: { readonly drop: readonly string[] } }
  readonly ulimits: readonly object[]
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[]
  readonly environment: readonly { readonly name: string; readonly value: string }[]
}

export const containerOf = (plan: Plan, name = 'node'): Container =>
  JSON.parse(plan.one('aws_ecs_task_definition', name).container_definitions)[0]

/** The node's settings, as environment variables. */
export const settingsOf = (plan: Plan, name = 'node'): Readonly<Record<string, string>> =>
  Object.fromEntries(containerOf(plan, name).environment.map(({ name, value }) => [name, value]))

/** What Secrets Manager would put into the environment; a password as RDS makes them. */
export const valuesOfSecrets = {
  ...{ DATABASE_USER: 'calliope', DATABASE_PASSWORD: 'a/b@c:d#e' },
  CALLIOPE_HTTP_TOKEN: 'x'.repeat(24),
}
