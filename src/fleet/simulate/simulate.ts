// `simulate`: runs a policy against a trace and says what came of it, in numbers that can be compared.
import type { Engine, Policy } from '../policy/policy.ts'
import type { Happening, Moment } from './history.ts'
import { type Cost, costOf, PRICES, type Prices } from './prices.ts'
import { type ByCause, CAUSES } from './rates.ts'
import { type Change, Simulation } from './simulation.ts'
import type { Trace } from './trace.ts'
import { WORLD, type World } from './world.ts'

export interface SimulateOptions {
  readonly policy: Policy
  readonly trace: Trace
  /** @default WORLD */
  readonly world?: World
  /** The same seed gives the same run. @default 1 */
  readonly seed?: number
  /** @default ECS_ENGINE */
  readonly engine?: Engine
  /** @default PRICES */
  readonly prices?: Prices
}

/** What came of one run; times in seconds, shares from 0 to 1, packets as a fluid (not whole). */
export interface SimulationResult {
  readonly policy: string
  readonly trace: string
  readonly seed: number
  readonly seconds: number
  readonly sent: number
  readonly stored: number
  /** Neither stored nor lost when the run ended. */
  readonly pending: number
  readonly lost: ByCause
  readonly lostTotal: number
  readonly lostShare: number
  readonly worstMinuteLoss: number
  readonly delayP50: number
  readonly delayP99: number
  readonly minutes: number
  /** Minutes in which too much was lost or late (World.sloShare, sloDelay). */
  readonly badMinutes: number
  readonly onDemandHours: number
  readonly spotHours: number
  readonly hostHours: number
  readonly cost: Cost
  readonly nodesMost: number
  readonly nodesMean: number
  /** Every change of the wanted number of nodes. */
  readonly changes: readonly Change[]
  /** How many took back the one before them within a quarter of an hour. */
  readonly flaps: number
  /** 95th percentile of busiest node / mean, over time. */
  readonly skewP95: number
  readonly underAccuracy: number
  readonly overAccuracy: number
  readonly underTimeshare: number
  readonly overTimeshare: number
  /** After the trace's step; null when it has none, or it never recovered (`hasRecovered`). */
  readonly recoverySeconds: number | null
  readonly hasRecovered: boolean
  readonly moments: readonly Moment[]
  readonly happenings: readonly Happening[]
}

const FLAP_SECONDS = 15 * 60

/** Runs it; a day takes a fraction of a second. */
export function simulate(options: SimulateOptions): SimulationResult {
  const { policy, trace, world = WORLD, seed = 1, engine, prices = PRICES } = options
  const run = new Simulation({ policy, trace, world, seed, ...(engine && { engine }) }).run()
  const { tally, history, stream, fleet } = run
  const { seconds } = trace
  const onDemandHours = fleet.paidUntil(seconds, 'on-demand') / 3600
  const spotHours = fleet.paidUntil(seconds, 'spot') / 3600
  const hostHours = run.hosts.paidUntil(seconds) / 3600
  const hostCpus = hostHours * (policy.hosts?.nodesPerHost ?? 0) * world.node.cpus
  const lostTotal = CAUSES.reduce((sum, cause) => sum + tally.lost[cause], 0)
  const recovery = tally.recovery
  return {
    ...{ policy: policy.name, trace: trace.name, seed, seconds },
    ...{ sent: tally.sent, stored: tally.stored, pending: stream.pending },
    ...{ lost: tally.lost, lostTotal, lostShare: tally.sent > 0 ? lostTotal / tally.sent : 0 },
    worstMinuteLoss: tally.worstMinuteLoss,
    delayP50: tally.delays.quantile(0.5),
    delayP99: tally.delays.quantile(0.99),
    ...{ minutes: tally.minutes, badMinutes: tally.badMinutes },
    ...{ onDemandHours, spotHours, hostHours },
    cost: costOf(
      { onDemand: onDemandHours, spot: spotHours, hostCpus },
      { seconds, packets: tally.sent },
      world.node,
      prices,
    ),
    nodesMost: run.nodesMost,
    nodesMean: ((onDemandHours + spotHours) * 3600) / seconds,
    ...{ changes: run.changes, flaps: flapsOf(run.changes) },
    skewP95: tally.skews.quantile(0.95),
    ...tally.elasticity,
    recoverySeconds:
      recovery === undefined || recovery === Number.POSITIVE_INFINITY ? null : recovery,
    hasRecovered: recovery !== Number.POSITIVE_INFINITY,
    ...{ moments: history.moments, happenings: history.happenings },
  }
}

/** Changes that take back the one before them within a quarter of an hour. */
const flapsOf = (changes: readonly Change[]): number =>
  changes.filter(({ at, change }, i) => {
    const before = changes[i - 1]
    return before && change * before.change < 0 && at - before.at <= FLAP_SECONDS
  }).length
