// What the simulator said would happen, for the same load and the same policy, beside what did.
//
// The simulator knows the policy, the load, how long a node takes to start (measured at the first one)
// and what the balancer does; it does not know what happened.
import { type Engine, type Policy, simulate, worldWith } from '#fleet'
import { type LoadPoint, rateAt } from './load-shape.ts'
import type { Tick } from './run-view.ts'

export interface PredictOptions {
  readonly policy: Policy
  readonly engine: Engine
  readonly shape: readonly LoadPoint[]
  readonly timesFaster: number
  readonly flows: number
  readonly flowMs: number
  /** From the decision until the node takes traffic. */
  readonly bootSeconds: number
}

/** Rates are read from nodes over this long, so that they come half as late. */
const METRIC_SECONDS = 0.9
const TRACE_STEP_SECONDS = 0.25
const ROTATE_PARTS = 16
/** Where alarms' minutes begin and which flow goes where is chance: many runs, and their mean. */
const RUNS = 25

export interface Prediction {
  /** Seconds of the run, and ready nodes from then on: the mean of many simulations. */
  readonly ready: readonly (readonly [atSeconds: number, nodes: number])[]
}

/** Runs the simulator in policy time and gives its answer in the run's. */
export function predict(options: PredictOptions): Prediction {
  const { policy, engine, shape, timesFaster } = options
  const seconds = shape.at(-1)![0]
  const steps = Math.floor(seconds / TRACE_STEP_SECONDS)
  const points = Array.from({ length: steps }, (_, i) => ({
    at: i * TRACE_STEP_SECONDS * timesFaster,
    rate: rateAt(shape, (i + 0.5) * TRACE_STEP_SECONDS),
  }))
  const common = { name: 'demo', about: 'the demo', events: [], points }
  const trace = { ...common, seconds: seconds * timesFaster }
  const world = demoWorld(options)
  const runs = Array.from({ length: RUNS }, (_, i) =>
    simulate({ policy, engine, world, trace, seed: i + 1 }),
  )
  const [first] = runs
  return {
    ready: first!.moments.map(({ at }, i) => {
      const sum = runs.reduce((total, { moments }) => total + (moments[i]?.serving ?? 0), 0)
      return [at / timesFaster, sum / RUNS] as const
    }),
  }
}

/** This machine as the simulator sees it. */
function demoWorld({ timesFaster, flows, flowMs, bootSeconds }: PredictOptions) {
  const inPolicy = (seconds: number) => seconds * timesFaster
  return worldWith({
    node: { drainWait: 0, handsOver: false },
    balancer: { idle: 120, healthInterval: 10, register: 0, deregister: 60 },
    platform: {
      // Until it serves, checks included: so none are left for the simulator to add.
      ...{ place: 1, start: Math.max(0, inPolicy(bootSeconds) - 21), platformMetricDelay: 0 },
      ...{ ownMetricDelay: inPolicy(METRIC_SECONDS / 2), reclaimsPerHour: 0 },
    },
    senders: {
      ...{ senders: 1, portsEach: 1, shares: 'even' },
      relay: {
        ...{ flowsEach: flows, spoolPackets: 5_000_000, catchUpRate: 100_000, reconnect: 1 },
        ...{ rotateEvery: inPolicy(flowMs / 1_000 / ROTATE_PARTS), rotateParts: ROTATE_PARTS },
      },
    },
  })
}

export interface Distance {
  /** Nodes apart, on average over the run, and the most. */
  readonly nodesMean: number
  readonly nodesMax: number
  /** How long it was more than half a node. */
  readonly secondsApart: number
}

/** How far the prediction was from what happened. */
export function distanceOf({ ready }: Prediction, ticks: readonly Tick[]): Distance {
  const predicted = (seconds: number) => ready.findLast(([at]) => at <= seconds)?.[1] ?? 0
  const apart = ticks.map((tick) => Math.abs(predicted(tick.seconds) - tick.ready))
  const sum = apart.reduce((total, nodes) => total + nodes, 0)
  const share = apart.filter((nodes) => nodes > 0.5).length / Math.max(1, apart.length)
  return {
    nodesMean: sum / Math.max(1, apart.length),
    nodesMax: Math.max(0, ...apart),
    secondsApart: share * (ticks.at(-1)?.seconds ?? 0),
  }
}

export const distanceText = ({ nodesMean, nodesMax, secondsApart }: Distance): string =>
  `the simulator was ${nodesMean.toFixed(2)} nodes off on average, ${nodesMax.toFixed(1)} at most; ` +
  `more than half a node for ${secondsApart.toFixed(0)} s of the run`
