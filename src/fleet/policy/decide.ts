// The decision: samples in, wanted nodes and the reason out. Pure, so that what was simulated is what
// is deployed; both engines below it follow their documents rule by rule.
import { ECS_ENGINE } from './engines.ts'
import { forecast, notePeaks } from './forecast.ts'
import { settleHpa } from './hpa.ts'
import { type Bounds, type Settled, settleLevel } from './level.ts'
import type {
  Capacity,
  Decide,
  Engine,
  HostLevel,
  Policy,
  PolicyState,
  PredictiveRule,
  Sample,
  TargetRule,
} from './policy.ts'

/** How many nodes there should be now, and why. Samples: newest last, of an hour at least (HISTORY_SECONDS). */
export const decide: Decide = (policy, state, samples, atMs, engine = ECS_ENGINE) => {
  const predictive = policy.rules.filter((rule) => rule.kind === 'predictive')
  const hourly = notePeaks(predictive, state, samples)
  const bounds = nodeBounds(policy, predictive, hourly, atMs)
  const nodes =
    engine.kind === 'hpa'
      ? settleHpa(policy, state.nodes, samples, atMs, bounds, engine)
      : settleLevel(policy.rules, state.nodes, samples, atMs, bounds, engine)
  const { wanted } = nodes.level
  const hosts = policy.hosts && settleHosts(policy.hosts, state, wanted, samples, atMs, engine)
  return {
    wanted,
    ...splitCapacity(policy.capacity, wanted),
    hosts: hosts?.level.wanted,
    reason: nodes.reason.kind === 'hold' && hosts ? hosts.reason : nodes.reason,
    state: {
      nodes: nodes.level,
      hosts: hosts?.level,
      hourly,
      notedAtMs: Math.max(state.notedAtMs, samples.at(-1)?.atMs ?? state.notedAtMs),
    },
  }
}

function nodeBounds(
  { nodesMin, nodesMax }: Policy,
  predictive: readonly PredictiveRule[],
  hourly: PolicyState['hourly'],
  atMs: number,
): Bounds {
  const floors = predictive.map((rule) => ({
    rule: rule.name,
    nodes: forecast(rule, hourly[rule.name] ?? [], atMs),
  }))
  const top = floors.reduce((a, b) => (b.nodes > a.nodes ? b : a), { rule: '', nodes: 0 })
  return { min: nodesMin, max: nodesMax, floor: top.nodes, floorRule: top.rule, noun: 'nodes' }
}

/** Hosts follow their own CPU, but never leave the nodes without a place. */
function settleHosts(
  { hostsMin, hostsMax, nodesPerHost, cpuTarget, ...cooldowns }: HostLevel,
  { hosts }: PolicyState,
  nodes: number,
  samples: readonly Sample[],
  atMs: number,
  engine: Engine,
): Settled | undefined {
  if (hosts === undefined) return undefined
  const needed = Math.ceil(nodes / nodesPerHost)
  const bounds = { min: Math.max(hostsMin, Math.min(needed, hostsMax)), max: hostsMax, floor: 0 }
  const rule: TargetRule = {
    ...{ kind: 'target', name: 'hosts', metric: 'hostCpuPercent', target: cpuTarget },
    ...{ scaleIn: true, ...cooldowns },
  }
  // Kubernetes' cluster autoscaler knows no CPU: there hosts are as many as the nodes need.
  const rules = engine.kind === 'ecs' ? [rule] : []
  const ecs = engine.kind === 'ecs' ? engine : ECS_ENGINE
  return settleLevel(rules, hosts, samples, atMs, { ...bounds, floorRule: '', noun: 'hosts' }, ecs)
}

/** How many of the nodes are paid as what, as ECS deals them out by base and weights. */
export function splitCapacity(
  capacity: Capacity,
  nodes: number,
): { readonly onDemand: number; readonly spot: number } {
  if (capacity.kind === 'on-demand') return { onDemand: nodes, spot: 0 }
  const { onDemandBase, onDemandWeight, spotWeight } = capacity
  const beyond = Math.max(0, nodes - onDemandBase)
  const spot = Math.floor((beyond * spotWeight) / (onDemandWeight + spotWeight))
  return { onDemand: nodes - spot, spot }
}
