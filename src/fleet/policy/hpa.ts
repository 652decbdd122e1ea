// The HorizontalPodAutoscaler v2 as Kubernetes documents it and its controller computes it:
//
//   each metric ─▶ ceil(pods × value / target), unless within the tolerance      largest one counts
//     pods that say nothing count as at the target when scaling in, as idle when scaling out
//   windows     ─▶ in: the highest of what was wanted lately; out: the lowest
//   policies    ─▶ at most so many pods or percent a period
//
// A rule that Kubernetes cannot say (step, simple, predictive) is a query that answers with the number
// of pods it wants (promql.ts); here the same number is computed from the samples.
import { behaviorOf } from './behavior.ts'
import type { HpaDirection } from './deployed.ts'
import { type Bounds, type Settled, settle } from './level.ts'
import type { HpaEngine, LevelState, Policy, Rule, Sample, TargetRule } from './policy.ts'
import { wantedByQuery } from './query-wish.ts'
import { beyond } from './wish.ts'

const REMEMBERED_MS = 3_600_000

export interface PodMetric {
  /** Of the autoscaler's spec. */
  readonly pods: number
  /** Average over the pods that report. */
  readonly average: number
  readonly reporting: number
  /** Running, ready, but silent. */
  readonly missing: number
  /** Not ready yet. */
  readonly unready: number
  readonly target: number
  /** What a silent pod is taken to use when scaling in. @default target */
  readonly fallback?: number
}

export interface Tolerances {
  readonly out: number
  readonly in: number
}

/** Wanted pods by one metric that every pod reports. */
export function podsByMetric(metric: PodMetric, tolerance: Tolerances): number {
  const { pods, average, reporting, missing, unready, target, fallback = target } = metric
  const isWithin = (ratio: number) =>
    ratio >= 1 - tolerance.in - 1e-9 && ratio <= 1 + tolerance.out + 1e-9
  const ratio = average / target
  const isOut = ratio > 1
  if (missing === 0 && (unready === 0 || !isOut))
    return isWithin(ratio) ? pods : Math.ceil(ratio * reporting - 1e-9)
  // The careful guess about the silent ones: it may damp a change, never turn it round.
  const counted = reporting + missing + (isOut ? unready : 0)
  const assumed = isOut ? 0 : missing * fallback
  const damped = (average * reporting + assumed) / counted / target
  if (isWithin(damped) || damped > 1 !== isOut) return pods
  const wanted = Math.ceil(damped * counted - 1e-9)
  return (isOut ? wanted < pods : wanted > pods) ? pods : wanted
}

/** Wanted pods by an External metric of averageValue 1: the metric's value, when it is worth moving. */
export function podsByTotal(pods: number, total: number, tolerance: Tolerances): number {
  const ratio = total / pods
  const isWithin = ratio >= 1 - tolerance.in && ratio <= 1 + tolerance.out
  return isWithin ? pods : Math.ceil(total - 1e-9)
}

/** Decides as the HPA would that `calliope policy --as helm-hpa` or KEDA makes. */
export function settleHpa(
  policy: Policy,
  level: LevelState,
  samples: readonly Sample[],
  atMs: number,
  bounds: Bounds,
  engine: HpaEngine,
): Settled {
  const behavior = behaviorOf(policy)
  const finer = behavior.scaleDown.tolerance
  const tolerance = { out: engine.tolerance, in: finer ? Number(finer) : engine.tolerance }
  const asked = policy.rules
    .filter((rule) => rule.kind !== 'predictive')
    .map((rule) => wantedBy(rule, level.wanted, samples, atMs, tolerance))
  const known = asked.filter((wish) => wish !== undefined)
  const top = known.reduce((a, b) => (b.pods > a.pods ? b : a), { pods: 0, rule: '', why: '' })
  // One metric that cannot be read: nothing scales in.
  const isBlind = known.length === 0 || (known.length < asked.length && top.pods < level.wanted)
  const wish = isBlind ? level.wanted : clamp(Math.max(top.pods, bounds.floor), bounds)
  // A controller that has just started takes the pods it finds for its own earlier wish.
  const before = level.recommended.length > 0 ? recent(level.recommended, atMs) : found(level, atMs)
  const recommended = [...before, { atMs, nodes: wish }]
  const steady = stabilize(level.wanted, wish, recommended, behavior, atMs)
  const nodes = limitPace(level, steady, behavior, atMs)
  const winner = { rule: top.rule, nodes, why: top.why || 'nothing is asked for' }
  // The floor is in the wish already and must keep the pace like every other.
  const settled = settle(
    level,
    nodes === level.wanted ? undefined : winner,
    { ...bounds, floor: 0 },
    atMs,
  )
  const change = settled.level.wanted - level.wanted
  const moves = change === 0 ? level.moves : [...recent(level.moves, atMs), { atMs, change }]
  return { reason: settled.reason, level: { ...settled.level, recommended, moves } }
}

const clamp = (nodes: number, { min, max }: Bounds): number => Math.min(max, Math.max(min, nodes))

const recent = <At extends { readonly atMs: number }>(list: readonly At[], atMs: number) =>
  list.filter((item) => item.atMs > atMs - REMEMBERED_MS)

const found = ({ wanted }: LevelState, atMs: number) => [{ atMs, nodes: wanted }]

interface Asked {
  readonly rule: string
  readonly pods: number
  readonly why: string
}

function wantedBy(
  rule: Exclude<Rule, { kind: 'predictive' }>,
  pods: number,
  samples: readonly Sample[],
  atMs: number,
  tolerance: Tolerances,
): Asked | undefined {
  if (rule.kind === 'target') return wantedByTarget(rule, pods, samples, tolerance)
  const query = wantedByQuery(rule, pods, samples, atMs)
  if (query === undefined) return undefined
  return { rule: rule.name, pods: podsByTotal(pods, query.pods, tolerance), why: query.why }
}

function wantedByTarget(
  rule: TargetRule,
  pods: number,
  samples: readonly Sample[],
  tolerance: Tolerances,
): Asked | undefined {
  const sample = samples.at(-1)
  const spread = sample?.values[rule.metric]
  if (sample === undefined || spread === undefined || spread.nodes === 0) return undefined
  const missing = Math.max(0, sample.nodes - spread.nodes)
  const isResource = rule.metric === 'cpuPercent' || rule.metric === 'memoryPercent'
  const fallback = isResource ? Math.max(100, rule.target) : rule.target
  const wanted = podsByMetric(
    {
      ...{ pods, average: spread.average, reporting: spread.nodes, missing, unready: 0 },
      ...{ target: rule.target, fallback },
    },
    tolerance,
  )
  // A rule that only scales out asks for nothing when there is too much.
  const asked = wanted < pods && !rule.scaleIn ? 0 : wanted
  return { rule: rule.name, pods: asked, why: beyond(rule, spread.average, rule.target) }
}

type Behavior = ReturnType<typeof behaviorOf>

/** Neither up for what was not wanted all through the window, nor down for what was wanted in it. */
export function stabilize(
  pods: number,
  wish: number,
  recommended: LevelState['recommended'],
  { scaleUp, scaleDown }: Behavior,
  atMs: number,
): number {
  const within = ({ stabilizationWindowSeconds }: HpaDirection) =>
    recommended
      .filter((past) => past.atMs > atMs - stabilizationWindowSeconds * 1000)
      .map(({ nodes }) => nodes)
  const up = Math.min(wish, ...within(scaleUp))
  const down = Math.max(wish, ...within(scaleDown))
  return Math.min(Math.max(pods, up), down)
}

/** What the rate policies let through. */
export function limitPace(
  { wanted: pods, moves }: Pick<LevelState, 'wanted' | 'moves'>,
  wish: number,
  { scaleUp, scaleDown }: Behavior,
  atMs: number,
): number {
  const limits = (direction: HpaDirection, sign: 1 | -1) =>
    direction.policies.map(({ type, value, periodSeconds }) => {
      const inPeriod = moves.filter((move) => move.atMs > atMs - periodSeconds * 1000)
      const start = pods - inPeriod.reduce((sum, { change }) => sum + change, 0)
      if (type === 'Pods') return start + sign * value
      const exact = start * (1 + (sign * value) / 100)
      return sign > 0 ? Math.ceil(exact - 1e-9) : Math.trunc(exact + 1e-9)
    })
  if (wish > pods) {
    const pick = scaleUp.selectPolicy === 'Max' ? Math.max : Math.min
    return Math.min(wish, Math.max(pods, pick(...limits(scaleUp, 1))))
  }
  const pick = scaleDown.selectPolicy === 'Max' ? Math.min : Math.max
  return wish < pods ? Math.max(wish, Math.min(pods, pick(...limits(scaleDown, -1)))) : pods
}
