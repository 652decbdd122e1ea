// The policy at work in compressed time: readings of real nodes become samples, the decision function
// that is simulated and deployed says how many nodes there should be, the fleet follows.
//
//   real time    0 s        1 s        2 s           one policy minute passes in 60 s / timesFaster;
//   policy time  00:00      00:01      00:02         rates and ages stay those of real seconds
import {
  type Decide,
  type Decision,
  type Engine,
  initialState,
  type MetricName,
  type Policy,
  type PolicyState,
  type Sample,
  type Spread,
} from '#fleet'
import type { CaptureProcess, NodeReading } from './capture-process.ts'

export interface AutoscalerOptions {
  readonly policy: Policy
  readonly engine: Engine
  readonly decide: Decide
  readonly timesFaster: number
  /** What is 100 % CPU of a node, in cores. @default 1 */
  readonly nodeCores?: number
}

/** Whole periods lie on the clock's grid, so policy time begins on it. */
const EPOCH_MS = Date.UTC(2026, 0, 1)
const REMEMBERED_MS = 3 * 3_600_000
const NODE_CORES = 1

/** Decides when asked; remembers between. */
export class Autoscaler {
  readonly #options: AutoscalerOptions
  readonly #startMs = performance.now()
  #state: PolicyState
  #samples: Sample[] = []
  wanted: number

  constructor(options: AutoscalerOptions) {
    this.#options = options
    this.wanted = options.policy.nodesMin
    this.#state = initialState(options.policy)
  }

  /** Milliseconds of the policy's clock. */
  nowMs(): number {
    return EPOCH_MS + (performance.now() - this.#startMs) * this.#options.timesFaster
  }

  /** Takes a sample of the nodes and decides. */
  decide(active: readonly CaptureProcess[]): Decision {
    const { policy, engine, decide, nodeCores = NODE_CORES } = this.#options
    const atMs = this.nowMs()
    const ready = active.filter(({ stage }) => stage === 'ready')
    const values = valuesOf(
      ready.map(({ reading }) => reading),
      nodeCores,
    )
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs < REMEMBERED_MS)
    this.#samples.push({ atMs, nodes: active.length, values })
    const decision = decide(policy, this.#state, this.#samples, atMs, engine)
    this.#state = decision.state
    this.wanted = decision.wanted
    return decision
  }
}

function valuesOf(
  readings: readonly NodeReading[],
  nodeCores: number,
): { readonly [Name in MetricName]?: Spread } {
  if (readings.length === 0) return {}
  const spread = (of: (reading: NodeReading) => number): Spread => {
    const numbers = readings.map(of)
    const average = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
    return { average, maximum: Math.max(...numbers), nodes: numbers.length }
  }
  const packets = spread(({ packetsPerSecond }) => packetsPerSecond)
  return {
    packetsPerSecond: packets,
    cpuPercent: spread(({ cpuCores }) => (cpuCores / nodeCores) * 100),
    spoolAgeSeconds: spread(({ spoolAgeSeconds }) => spoolAgeSeconds),
    behindSeconds: spread(({ behindSeconds }) => behindSeconds),
    shortDropsPerSecond: spread(({ shortDropsPerSecond }) => shortDropsPerSecond),
    dropsPerSecond: spread(({ dropsPerSecond }) => dropsPerSecond),
  }
}
