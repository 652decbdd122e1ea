// Flags that the actions of `calliope fleet` share, and what they amount to.
import { readFileSync } from 'node:fs'
import { kinds, setting, UsageError } from '#config'
import { type AwsOptions, type FleetConfig, FleetConfigError, parseFleetConfig } from '#fleet'

export const AWS_FLAGS = {
  region: setting(kinds.text, '', 'AWS region (or AWS_REGION in the environment)'),
}

export const FLEET_FLAGS = {
  fleet: setting(kinds.text, '', 'JSON file that says what to look after (or CALLIOPE_FLEET)'),
  ...AWS_FLAGS,
}

export const CLUSTER_FLAGS = {
  cluster: setting(kinds.text, '', 'the ECS cluster'),
  service: setting(kinds.list(kinds.text), [], 'its services, a comma between'),
  ...FLEET_FLAGS,
}

export const awsOptions = ({ region }: { region: string }): AwsOptions =>
  region === '' ? {} : { client: { region } }

/** The fleet configuration from --fleet or the environment; undefined when neither is given. */
export function givenFleet(file: string): FleetConfig | undefined {
  const text = file === '' ? process.env.CALLIOPE_FLEET : readConfigFile(file)
  if (text === undefined || text === '') return undefined
  try {
    return parseFleetConfig(text)
  } catch (error) {
    if (error instanceof FleetConfigError)
      throw new UsageError([{ where: file || 'CALLIOPE_FLEET', message: error.message }])
    throw error
  }
}

/** The same, where it has to be there. */
export function requireFleet(file: string): FleetConfig {
  const config = givenFleet(file)
  if (config) return config
  const message = 'is missing; give a JSON file (docs/events.md shows one), or set CALLIOPE_FLEET'
  throw new UsageError([{ where: '--fleet', message }])
}

/** Cluster and services from flags, or else from the fleet configuration. */
export function chosenServices(flags: {
  readonly cluster: string
  readonly service: readonly string[]
  readonly fleet: string
}): { cluster: string; services: readonly string[] } {
  const config = givenFleet(flags.fleet)
  const cluster = flags.cluster || config?.cluster
  if (!cluster)
    throw new UsageError([{ where: '--cluster', message: 'is missing; give it, or --fleet FILE' }])
  return { cluster, services: flags.service.length > 0 ? flags.service : servicesOf(config) }
}

function servicesOf(config: FleetConfig | undefined): readonly string[] {
  const { spot, perHost, fastMetrics, connections } = config ?? {}
  const names = [spot?.service, spot?.onDemandService, perHost?.service]
  const all = [...names, fastMetrics?.service, connections?.service]
  return [...new Set(all.filter((name) => name !== undefined))]
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError([{ where: '--fleet', message: (error as Error).message }])
  }
}
