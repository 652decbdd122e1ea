// What the simulator said would happen, for the same load and the same policy, beside what did.
import type { Tick } from './run-fleet.ts'

export interface Prediction {
  /** Seconds of the run, and ready nodes from then on. */
  readonly ready: readonly (readonly [atSeconds: number, nodes: number])[]
}

export interface Distance {
  /** Nodes apart, on average over the run. */
  readonly nodesMean: number
  readonly nodesMax: number
  readonly secondsApart: number
}

/** How far the prediction was from what happened. */
export function distanceOf({ ready }: Prediction, ticks: readonly Tick[]): Distance {
  const predicted = (seconds: number) => ready.findLast(([at]) => at <= seconds)?.[1] ?? 0
  const apart = ticks.map((tick) => Math.abs(predicted(tick.seconds) - tick.ready))
  const sum = apart.reduce((total, nodes) => total + nodes, 0)
  const share = apart.filter((nodes) => nodes > 0).length / Math.max(1, apart.length)
  return {
    nodesMean: sum / Math.max(1, apart.length),
    nodesMax: Math.max(0, ...apart),
    secondsApart: share * (ticks.at(-1)?.seconds ?? 0),
  }
}

export const distanceText = ({ nodesMean, nodesMax, secondsApart }: Distance): string =>
  `the simulator's prediction: ${nodesMean.toFixed(2)} nodes apart on average, at most ${nodesMax}; ` +
  `another number of nodes for ${secondsApart.toFixed(0)} s of the run`
