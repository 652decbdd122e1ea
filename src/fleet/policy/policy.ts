// A scaling policy is data: what is simulated (`calliope simulate`), what drives the fleet on one
// machine, and what Terraform and Helm deploy, is one and the same value of the type `Policy`.
//
//                        ┌─▶ decide(policy, state, samples, atMs)   simulator, demo, reconciler
//   preset or file ─▶ Policy ─▶ toTerraform ─▶ tfvars ─▶ plan ─▶ fromPlan ─▶ the same Policy
//                        └─▶ toHelm ─▶ values ─▶ helm template ─▶ fromHelm ─▶ the same Policy
//
// A node is one capture task or pod; a host is the machine under it (two-level policies only).
// Rules never see the order they stand in: the largest wanted capacity wins, scaling in needs the
// consent of every target rule, and a metric that is missing never scales in. Seconds, because the
// engines count in seconds; points in time are epoch milliseconds (virtual ones in the simulator).
import type { MetricName } from './metrics.ts'

export const NODES_MAX = 1000
export const RULES_MAX = 16

export interface Policy {
  /** Kebab case; names the policy in Terraform, Helm and on the fleet page. */
  readonly name: string
  readonly nodesMin: number
  readonly nodesMax: number
  /** Names are unique, kebab case. */
  readonly rules: readonly Rule[]
  readonly capacity: Capacity
  /** The second level of a two-level policy: machines under the nodes, scaled by themselves. */
  readonly hosts?: HostLevel
}

export type Rule = TargetRule | StepRule | SimpleRule | PredictiveRule

/** Keeps the fleet's average of one metric at a target (Application Auto Scaling, HPA). */
export interface TargetRule {
  readonly kind: 'target'
  readonly name: string
  readonly metric: MetricName
  readonly target: number
  /** Within it, capacity added already counts towards what a new breach asks for. */
  readonly outCooldownSeconds: number
  /** Between two scale-ins; a scale-out ends it. */
  readonly inCooldownSeconds: number
  /** False: this rule only scales out and is not asked when others scale in. */
  readonly scaleIn: boolean
}

/** When an alarm rings, changes capacity by how far the metric is beyond the threshold. */
export interface StepRule extends Alarm {
  readonly kind: 'step'
  readonly name: string
  readonly unit: ChangeUnit
  /** Adjoining, from the threshold away; the first begins at 0, the last is open. */
  readonly steps: readonly Step[]
  readonly cooldownSeconds: number
}

/** One change, then nothing at all until the cooldown of the whole group is over (EC2's oldest kind). */
export interface SimpleRule extends Alarm {
  readonly kind: 'simple'
  readonly name: string
  readonly unit: ChangeUnit
  /** Negative scales in; never rounds to nothing. */
  readonly change: number
  readonly cooldownSeconds: number
}

/** A floor under the others from the same hour a day and a week ago; never scales in by itself. */
export interface PredictiveRule {
  readonly kind: 'predictive'
  readonly name: string
  readonly metric: MetricName
  /** What one node carries. */
  readonly target: number
  /** How early capacity has to stand before the hour that needs it. */
  readonly leadSeconds: number
}

/** `periods` whole periods in a row beyond the threshold; a period without data is not beyond it. */
export interface Alarm {
  readonly metric: MetricName
  /** Over the nodes and over the period. */
  readonly statistic: Statistic
  readonly when: 'above' | 'below'
  readonly threshold: number
  /** 10, 30 (high-resolution metrics) or a multiple of 60. */
  readonly periodSeconds: number
  readonly periods: number
}

export type Statistic = 'average' | 'maximum'
/** `percent` of the nodes there are (at least one node), or a number of `nodes`. */
export type ChangeUnit = 'percent' | 'nodes'

/** Applies while the distance |metric - threshold| is at least `from` and below the next step's. */
export interface Step {
  readonly from: number
  readonly change: number
}

/** What nodes are paid for: on-demand only, or a base of it with spot on top. */
export type Capacity =
  | { readonly kind: 'on-demand' }
  | {
      readonly kind: 'spot'
      /** The first nodes, always on-demand. */
      readonly onDemandBase: number
      /** Beyond the base nodes are dealt out in this proportion. */
      readonly onDemandWeight: number
      readonly spotWeight: number
      /** How many on-demand nodes may stand in for spot nodes that were taken away; 0 = none. */
      readonly standInsMax: number
    }

export interface HostLevel {
  readonly hostsMin: number
  readonly hostsMax: number
  /** How many nodes fit on one host. */
  readonly nodesPerHost: number
  /** Average CPU of the hosts, percent. */
  readonly cpuTarget: number
  readonly outCooldownSeconds: number
  readonly inCooldownSeconds: number
}

/** What was measured at one moment, over all nodes that said something. */
export interface Sample {
  readonly atMs: number
  /** Nodes that run and should report. */
  readonly nodes: number
  readonly values: { readonly [Name in MetricName]?: Spread }
}

/** One metric over the nodes that reported it. */
export interface Spread {
  readonly average: number
  readonly maximum: number
  /** How many nodes reported; fewer than `Sample.nodes` when some did not. */
  readonly nodes: number
}

/** What the engine remembers between decisions; make the first with `initialState`, keep the rest. */
export interface PolicyState {
  readonly nodes: LevelState
  readonly hosts: LevelState | undefined
  /** By predictive rule: the highest total load of each hour, oldest first, eight days at most. */
  readonly hourly: { readonly [rule: string]: readonly HourPeak[] }
  /** Samples up to here are in `hourly`. */
  readonly notedAtMs: number
}

export interface HourPeak {
  /** Since the epoch. */
  readonly hour: number
  readonly load: number
}

/** One level's capacity and cooldowns. */
export interface LevelState {
  readonly wanted: number
  readonly changedAtMs: number
  readonly rules: { readonly [rule: string]: RuleMemory }
  /** HPA only: what it would have wanted lately, and how far it moved. */
  readonly recommended: readonly { readonly atMs: number; readonly nodes: number }[]
  readonly moves: readonly { readonly atMs: number; readonly change: number }[]
}

export interface RuleMemory {
  readonly outAtMs: number
  readonly inAtMs: number
  /** Capacity when the running scale-out cooldown began. */
  readonly base: number
  /** End of the newest period acted upon: one datapoint is acted upon once. */
  readonly periodAtMs: number
}

export interface Decision {
  /** Nodes there should be, within nodesMin and nodesMax. */
  readonly wanted: number
  readonly onDemand: number
  readonly spot: number
  /** Hosts there should be; only with `Policy.hosts`. */
  readonly hosts: number | undefined
  readonly reason: Reason
  /** Give it to the next `decide`. */
  readonly state: PolicyState
}

/** Why; `text` is a sentence for people, such as "cpu 74 is above 60: 4 nodes become 5". */
export type Reason =
  | { readonly kind: 'hold'; readonly text: string }
  | { readonly kind: 'bounds'; readonly text: string }
  | { readonly kind: 'out' | 'in'; readonly rule: string; readonly text: string }

/** Whose rules of the game apply: see engines.ts for both with their defaults. */
export type Engine = EcsEngine | HpaEngine

/** Application Auto Scaling: alarms over whole periods. */
export interface EcsEngine {
  readonly kind: 'ecs'
  /** 60, or 20 with high-resolution service metrics. */
  readonly periodSeconds: number
  readonly outPeriods: number
  readonly inPeriods: number
  /** Scales in below this share of the target. */
  readonly inShare: number
  /** AWS does not say how far it scales in at once: by proportion, or one by one. */
  readonly inStep: 'proportional' | 'one'
}

/** Kubernetes' HorizontalPodAutoscaler v2: the newest sample, tolerance, windows, rate limits. */
export interface HpaEngine {
  readonly kind: 'hpa'
  readonly tolerance: number
}

/** The one decision function: pure, so that a simulation is the deployment. Samples: newest last. */
export type Decide = (
  policy: Policy,
  state: PolicyState,
  samples: readonly Sample[],
  atMs: number,
  engine?: Engine,
) => Decision
