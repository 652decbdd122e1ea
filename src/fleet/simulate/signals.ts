// What the nodes of a simulated fleet report, as the policy gets to see it: averages over a sampling
// interval, late. The platform's metrics (CPU, memory) come later than our own; instead of two clocks,
// every sample pairs our newest values with the platform's of some time before.
//
//   measured    ── cpu 10:00 ── cpu 10:01 ── cpu 10:02 ──▶
//   the sample of 10:02 says    cpu 10:00 and packets 10:02
import type { Sample, Spread } from '../policy/policy.ts'
import { wouldNodesHelp } from '../signals/would-nodes-help.ts'
import type { SimNode } from './sim-node.ts'
import type { World } from './world.ts'

type Values = Sample['values']

const PLATFORM = ['cpuPercent', 'memoryPercent', 'hostCpuPercent'] as const

/** Numbers of the last interval, for graphs. */
export interface Reading {
  readonly cpuAverage: number
  readonly cpuMaximum: number
  readonly memoryAverage: number
  readonly skew: number
}

export class Signals {
  readonly #world: World
  readonly #startMs: number
  /** Seconds that the platform's metrics are later than ours. */
  readonly #later: number
  readonly #platform: { readonly at: number; readonly values: Values }[] = []
  readonly samples: Sample[] = []
  reading: Reading = { cpuAverage: 0, cpuMaximum: 0, memoryAverage: 0, skew: 1 }

  constructor(world: World, startMs: number) {
    this.#world = world
    this.#startMs = startMs
    const { platformMetricDelay, ownMetricDelay } = world.platform
    this.#later = Math.max(0, platformMetricDelay - ownMetricDelay)
  }

  /** Takes the sample of the interval that ends now. */
  take(nodes: readonly SimNode[], now: number, hostCpus: number): void {
    const values = this.#measure(nodes, now, hostCpus)
    this.#platform.push({ at: now, values })
    while (this.#platform.length > 1 && this.#platform[1]!.at <= now - this.#later)
      this.#platform.shift()
    const old = this.#platform[0]!
    const known = old.at <= now - this.#later ? old.values : {}
    const late = Object.fromEntries(PLATFORM.map((name) => [name, known[name]]))
    // The millisecond keeps the sample in the interval it speaks of.
    this.samples.push({
      atMs: this.#startMs + now * 1000 - 1,
      nodes: nodes.length,
      values: withoutGaps({ ...values, ...late }),
    })
    if (this.samples.length > 2_000) this.samples.splice(0, 1_000)
    for (const node of nodes) node.cpuSeconds = node.packets = node.dropped = node.sinceSeconds = 0
  }

  #measure(nodes: readonly SimNode[], now: number, hostCpus: number): Values {
    const { cpus, memoryMib, memoryIdleMib, memoryMibPerThousand } = this.#world.node
    const per = (value: (node: SimNode, seconds: number) => number): Spread | undefined =>
      spreadOf(nodes.filter((n) => n.sinceSeconds > 0).map((n) => value(n, n.sinceSeconds)))
    const cpu = per((node, seconds) => (node.cpuSeconds / seconds / cpus) * 100)
    const packets = per((node, seconds) => node.packets / seconds)
    const memory = per(
      (node, seconds) =>
        ((memoryIdleMib + (memoryMibPerThousand * node.packets) / seconds / 1000) / memoryMib) *
        100,
    )
    const age = (node: SimNode) => Math.max(0, now - (node.line.oldestAt ?? now))
    const skew = packets && packets.average > 0 ? packets.maximum / packets.average : 1
    const nodeRates = nodes
      .filter(({ phase, sinceSeconds }) => phase === 'running' && sinceSeconds > 0)
      .map((node) => node.packets / node.sinceSeconds)
    const isShort = (node: SimNode, seconds: number) =>
      wouldNodesHelp(
        { packetsPerSecond: node.packets / seconds, storedPerSecond: node.stored },
        nodeRates,
      )
    const totalCpu = nodes.reduce((sum, n) => sum + n.cpuSeconds / (n.sinceSeconds || 1), 0)
    this.reading = {
      cpuAverage: cpu?.average ?? 0,
      cpuMaximum: cpu?.maximum ?? 0,
      memoryAverage: memory?.average ?? 0,
      skew,
    }
    const host = (totalCpu / hostCpus) * 100
    return withoutGaps({
      cpuPercent: cpu,
      memoryPercent: memory,
      packetsPerSecond: packets,
      spoolAgeSeconds: per(age),
      behindSeconds: per((node, seconds) =>
        node.isCpuBound && isShort(node, seconds) ? age(node) : 0,
      ),
      dropsPerSecond: per((node, seconds) => node.dropped / seconds),
      shortDropsPerSecond: per((node, seconds) =>
        isShort(node, seconds) ? node.dropped / seconds : 0,
      ),
      skew: { average: skew, maximum: skew, nodes: nodes.length },
      usedPercent: cpu,
      hostCpuPercent: hostCpus > 0 ? { average: host, maximum: host, nodes: 1 } : undefined,
    })
  }
}

function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  let [sum, maximum] = [0, values[0]!]
  for (const value of values) {
    sum += value
    maximum = Math.max(maximum, value)
  }
  return { average: sum / values.length, maximum, nodes: values.length }
}

const withoutGaps = (values: Record<string, Spread | undefined>): Values =>
  Object.fromEntries(Object.entries(values).filter(([, spread]) => spread !== undefined))
