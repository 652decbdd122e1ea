// What the fleet page's part of the address says: how far back, and for which time that is fine-grained.
import { RANGES } from '../parts/ranges.ts'
import type { Query } from '../shell/address.ts'

export const FLEET_RANGES = [['5m', '5 minutes', 300], ...RANGES] as const
export type RangeName = (typeof FLEET_RANGES)[number][0]

export interface FleetUrl {
  readonly range: RangeName
  readonly seconds: number
  /** How often to ask: what changes by the minute is not asked for by the second. */
  readonly everyMs: number
}

const BY_DEFAULT = FLEET_RANGES[1]

/** From the query of the address; a quarter of an hour when it says nothing sensible. */
export function readFleet({ range }: Query): FleetUrl {
  const [name, , seconds] = FLEET_RANGES.find(([name]) => name === range) ?? BY_DEFAULT
  return { range: name, seconds, everyMs: seconds <= 3_600 ? 2_000 : 15_000 }
}
