// Carries what a rig's spool holds to a service, from the text a person would write.
import type { FilterOptions } from '#filter'
import type { Carrier } from '../carrier.ts'
import { parseDestination } from '../destination.ts'
import type { Outlet } from '../outlet.ts'
import { openService } from '../services/service-outlet.ts'
import type { RelayRig } from './relay-rig.ts'

export interface CarryOptions {
  /** The value of `authorization`. */
  readonly login?: string
  readonly ca?: string
  readonly filter?: FilterOptions
  /** Of the cursor; one the rig's spool has as reader, or one it does not wait for. */
  readonly name?: string
}

/** A carrier under way, and its outlet. */
export function carryToService(
  rig: RelayRig,
  to: string,
  { login = '', ca, filter, name = 'calliope' }: CarryOptions = {},
): { carrier: Carrier; outlet: Outlet; target: string } {
  const { service, origins } = parseDestination(to)
  const [origin] = origins
  if (!service || origin?.kind !== 'address') throw new Error(`${to} is no service`)
  const { target } = origin
  const outlet = openService({ ...service, destination: 'service', login, ca, filter })
  const carrier = rig.carrier(outlet, [target], { name, targeting: { connections: 2 } })
  return { carrier, outlet, target }
}
