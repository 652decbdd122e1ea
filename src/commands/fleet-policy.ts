// The policy that scales the fleet, as the fleet page says it: whoever scales it is somebody else, so
// this server has to be told.
import { type Config, UsageError } from '#config'
import type { FleetPolicy } from '#contract'
import { describePolicy } from '#fleet'
import { loadPolicy } from './policy.ts'

/** An option of the API when `fleet.policy` names a preset or a file; nothing otherwise. */
export function fleetPolicyOf(config: Config): { readonly fleetPolicy?: () => FleetPolicy } {
  const named = config['fleet.policy']
  if (named === '') return {}
  const policy = load(named)
  const told = { name: policy.name, sentence: describePolicy(policy) }
  return { fleetPolicy: () => told }
}

function load(named: string) {
  try {
    return loadPolicy(named)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError([{ where: 'fleet.policy', message: why }])
  }
}
