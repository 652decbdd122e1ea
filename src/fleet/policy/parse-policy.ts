// A policy somebody wrote (TOML or JSON), checked: every problem at once, each with the place it is at.
// What is left out has a default; what is unknown is a problem, because a mistyped name would be ignored.
import * as v from 'valibot'
import { METRICS, type MetricName, metricOf } from './metrics.ts'
import { HISTORY_SECONDS } from './periods.ts'
import { NODES_MAX, type Policy, RULES_MAX, type Step } from './policy.ts'

/** What is wrong with a policy, and where: `rules[2].threshold`. */
export interface PolicyProblem {
  readonly where: string
  readonly message: string
}

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'problems'; readonly problems: readonly PolicyProblem[] }

const COOLDOWN_SECONDS_MAX = 3600
const NAMES = Object.keys(METRICS) as [MetricName, ...MetricName[]]

const between = (min: number, max: number) =>
  v.pipe(
    v.number('a number'),
    v.check((n) => n >= min && n <= max, `a number from ${min} to ${max}`),
  )
const whole = (min: number, max: number) =>
  v.pipe(
    v.number('a whole number'),
    v.check(
      (n) => Number.isInteger(n) && n >= min && n <= max,
      `a whole number from ${min} to ${max}`,
    ),
  )
const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `one of ${options.join(', ')}`)
const name = v.pipe(
  v.string('a name'),
  v.regex(/^[a-z][a-z0-9-]{0,39}$/, 'a name of lower-case letters, digits and dashes, at most 40'),
)
const cooldown = (seconds: number) => v.optional(whole(0, COOLDOWN_SECONDS_MAX), seconds)
const metric = oneOf(NAMES)
const positive = between(1e-6, 1e9)

const targetRule = v.strictObject({
  kind: v.literal('target'),
  name,
  metric: v.pipe(
    metric,
    v.check(
      (one) => metricOf(one).perNode,
      'a metric that shrinks as nodes are added; use a step for this one',
    ),
  ),
  target: positive,
  outCooldownSeconds: cooldown(60),
  inCooldownSeconds: cooldown(300),
  scaleIn: v.optional(v.boolean('true or false'), true),
})

const alarm = {
  metric,
  statistic: v.optional(oneOf(['average', 'maximum']), 'average'),
  when: oneOf(['above', 'below']),
  threshold: between(-1e9, 1e9),
  periodSeconds: v.pipe(
    whole(10, HISTORY_SECONDS),
    v.check((n) => n === 10 || n === 30 || n % 60 === 0, '10, 30 or a multiple of 60'),
  ),
  periods: whole(1, 60),
  unit: oneOf(['percent', 'nodes']),
} as const

const change = v.pipe(
  between(-NODES_MAX, NODES_MAX),
  v.check((n) => n !== 0, 'not 0'),
)

const stepRule = v.strictObject({
  kind: v.literal('step'),
  name,
  ...alarm,
  steps: v.pipe(
    v.array(v.strictObject({ from: between(0, 1e9), change }), 'a list of steps'),
    v.minLength(1, 'at least one step'),
    v.maxLength(20, 'at most 20 steps'),
    v.check(
      (steps) => areSteps(steps),
      'the first from 0, each further away and stronger than the one before',
    ),
  ),
  cooldownSeconds: cooldown(60),
})

const simpleRule = v.strictObject({
  kind: v.literal('simple'),
  name,
  ...alarm,
  change,
  cooldownSeconds: cooldown(300),
})

const predictiveRule = v.strictObject({
  kind: v.literal('predictive'),
  name,
  metric: v.pipe(
    metric,
    v.check((one) => metricOf(one).perNode, 'a metric that shrinks as nodes are added'),
  ),
  target: positive,
  leadSeconds: v.optional(whole(0, COOLDOWN_SECONDS_MAX), 300),
})

const rule = v.variant(
  'kind',
  [targetRule, stepRule, simpleRule, predictiveRule],
  'one of target, step, simple, predictive',
)

const capacity = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('on-demand') }),
    v.strictObject({
      kind: v.literal('spot'),
      onDemandBase: v.optional(whole(0, NODES_MAX), 1),
      onDemandWeight: v.optional(whole(0, 1000), 0),
      spotWeight: v.optional(whole(1, 1000), 1),
      standInsMax: v.optional(whole(0, NODES_MAX), 0),
    }),
  ],
  'one of on-demand, spot',
)

const hosts = v.strictObject({
  hostsMin: whole(0, NODES_MAX),
  hostsMax: whole(1, NODES_MAX),
  nodesPerHost: whole(1, 1000),
  cpuTarget: between(1, 100),
  outCooldownSeconds: cooldown(60),
  inCooldownSeconds: cooldown(300),
})

const shape = v.strictObject({
  name,
  nodesMin: whole(1, NODES_MAX),
  nodesMax: whole(1, NODES_MAX),
  rules: v.pipe(
    v.array(rule, 'a list of rules'),
    v.minLength(1, 'at least one rule'),
    v.maxLength(RULES_MAX, `at most ${RULES_MAX} rules`),
  ),
  capacity: v.optional(capacity, { kind: 'on-demand' }),
  hosts: v.optional(hosts),
})

/** Checks `value`; every problem is reported, not only the first. */
export function parsePolicy(value: unknown): ParsedPolicy {
  const result = v.safeParse(shape, value)
  if (!result.success) return { kind: 'problems', problems: result.issues.map(problemOf) }
  const { hosts: level, ...rest } = result.output
  const policy: Policy = { ...(rest as Policy), ...(level ? { hosts: level } : {}) }
  const problems = contradictions(policy)
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'policy', policy }
}

function problemOf(issue: v.BaseIssue<unknown>): PolicyProblem {
  const where = (issue.path ?? []).reduce(
    (path, { key }) =>
      typeof key === 'number' ? `${path}[${key}]` : `${path}${path ? '.' : ''}${String(key)}`,
    '',
  )
  if (issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected === 'never')
    return { where, message: 'is not a name that policies know' }
  if (issue.received === 'undefined' && issue.input === undefined)
    return { where, message: 'is missing' }
  const allowed = issue.message.startsWith('Invalid') ? issue.expected : issue.message
  return {
    where: where || 'policy',
    message: `${show(issue.input)} is not allowed: ${allowed ?? issue.message}`,
  }
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? String(value)

/** What each part allows but the whole does not. */
function contradictions(policy: Policy): PolicyProblem[] {
  const { nodesMin, nodesMax, rules, hosts: level, capacity: mix } = policy
  const problems: PolicyProblem[] = []
  const wrong = (where: string, message: string) => void problems.push({ where, message })
  if (nodesMin > nodesMax) wrong('nodesMin', `${nodesMin} is above nodesMax ${nodesMax}`)
  if (level && level.hostsMin > level.hostsMax)
    wrong('hosts.hostsMin', `${level.hostsMin} is above hostsMax ${level.hostsMax}`)
  if (level && level.hostsMax * level.nodesPerHost < nodesMax)
    wrong(
      'hosts.hostsMax',
      `${level.hostsMax} hosts of ${level.nodesPerHost} nodes have no room for nodesMax ${nodesMax}`,
    )
  if (mix.kind === 'spot' && mix.onDemandBase > nodesMax)
    wrong(
      'capacity.onDemandBase',
      `${mix.onDemandBase} is above nodesMax ${nodesMax}: no node would be spot`,
    )
  rules.forEach((one, at) => {
    const where = `rules[${at}]`
    if (rules.findIndex(({ name }) => name === one.name) !== at)
      wrong(`${where}.name`, `${one.name} is the name of another rule too`)
    if (one.kind !== 'step' && one.kind !== 'simple') return
    const isOut = (one.kind === 'step' ? one.steps[0]!.change : one.change) > 0
    if (isOut !== (one.when === 'above'))
      wrong(
        where,
        `scales ${isOut ? 'out' : 'in'} when ${one.when}: above adds nodes, below takes them away`,
      )
    if (one.periodSeconds * one.periods > HISTORY_SECONDS)
      wrong(`${where}.periods`, `${one.periods} × ${one.periodSeconds} s is longer than an hour`)
    if (one.periodSeconds < 60 && metricOf(one.metric).cloudwatch.namespace !== 'Calliope')
      wrong(
        `${where}.periodSeconds`,
        `${metricOf(one.metric).label} is measured once a minute: at least 60`,
      )
  })
  return problems
}

function areSteps(steps: readonly Step[]): boolean {
  const sign = Math.sign(steps[0]?.change ?? 0)
  return steps.every(({ from, change }, at) => {
    const before = steps[at - 1]
    if (before === undefined) return from === 0
    return (
      Math.sign(change) === sign && from > before.from && Math.abs(change) > Math.abs(before.change)
    )
  })
}

/** The same policy in the one order in which policies are compared: rules by name. */
export const canonical = (policy: Policy): Policy => ({
  ...policy,
  rules: policy.rules.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
})
