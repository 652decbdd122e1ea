// Rules that Kubernetes has no words for, as Prometheus queries. Each answers with the number of pods the
// rule wants, so that an autoscaler with an average value of 1 does exactly that:
//
//   N       count(calliope_packets_per_second)                       the pods there are (relays have none)
//   V       min_over_time(avg(avg_over_time(m[60s:5s]))[120s:60s])   two periods, the one nearest the threshold
//   above   (V > bool T) * (N + A)       silent: 0, which holds up nobody
//   below   N - (V < bool T) * A         silent: N, which keeps what there is
//   A       clamp_min(floor(N * 25 / 100), 1)   or vector(2), a number of pods
//
// Further steps add the difference: + (V - T >= bool 20) * (A2 - A1). Reading is the other way round: the
// parts are picked out, a rule is made of them, and only if that rule gives the same query was it understood.
import { METRICS, type MetricName, metricOf } from './metrics.ts'
import type { PredictiveRule, SimpleRule, StepRule, TargetRule } from './policy.ts'

/** Finer than any scrape: a period shorter than the scrape interval still has a value. */
const STEP_SECONDS = 5
const SCOPE = '{namespace="{{ .Release.Namespace }}"}'
const PODS = `count(${metricOf('packetsPerSecond').prometheus}${SCOPE})`

const series = (metric: MetricName): string => `${metricOf(metric).prometheus}${SCOPE}`

type AlarmRule = StepRule | SimpleRule

const stepsOf = (rule: AlarmRule) =>
  rule.kind === 'step' ? rule.steps : [{ from: 0, change: rule.change }]

/** The query of a step or simple rule. */
export function alarmQuery(rule: AlarmRule): string {
  const isAbove = rule.when === 'above'
  const steps = stepsOf(rule)
  const [first] = steps
  const value = valueQuery(rule)
  const beyond = `(${value} ${isAbove ? '>' : '<'} bool ${rule.threshold})`
  const amount = (change: number) => amountQuery(Math.abs(change), rule.unit)
  const start = amount(first!.change)
  const more = steps.slice(1).map(({ from, change }, at) => {
    const far = isAbove
      ? `(${value} - ${rule.threshold} >= bool ${from})`
      : `(${rule.threshold} - ${value} >= bool ${from})`
    return ` ${isAbove ? '+' : '-'} ${far} * (${amount(change)} - ${amount(steps[at]!.change)})`
  })
  const head = isAbove ? `${beyond} * (${PODS} + ${start})` : `${PODS} - ${beyond} * ${start}`
  return head + more.join('')
}

function valueQuery({ metric, statistic, when, periodSeconds, periods }: AlarmRule): string {
  const nearest = when === 'above' ? 'min' : 'max'
  const over = statistic === 'average' ? 'avg' : 'max'
  const each = `${over}(${over}_over_time(${series(metric)}[${periodSeconds}s:${STEP_SECONDS}s]))`
  return `${nearest}_over_time(${each}[${periodSeconds * periods}s:${periodSeconds}s])`
}

const amountQuery = (change: number, unit: AlarmRule['unit']): string =>
  unit === 'nodes' ? `vector(${change})` : `clamp_min(floor(${PODS} * ${change} / 100), 1)`

const ALARM =
  /(min|max)_over_time\((avg|max)\(\w+_over_time\((\w+)\{[^}]*\}\[(\d+)s:\d+s\]\)\)\[(\d+)s:\d+s\]\) ([<>]) bool ([\d.e+-]+)\)/
const AMOUNT = /clamp_min\(floor\([^*]+\* ([\d.e+]+) \/ 100\), 1\)|vector\(([\d.e+]+)\)/g

/** The rule a query was made of; undefined when it was made by somebody else. */
export function readAlarmQuery(
  name: string,
  given: string,
  cooldownSeconds: number,
): StepRule | undefined {
  const query = unscoped(given)
  const parts = ALARM.exec(query)
  const metric = parts ? metricBySeries(parts[3]!) : undefined
  if (!parts || metric === undefined) return undefined
  const isAbove = parts[6] === '>'
  const [periodSeconds, rangeSeconds] = [Number(parts[4]), Number(parts[5])]
  const changes = [...query.matchAll(AMOUNT)].map((match) => Number(match[1] ?? match[2]))
  const froms = [...query.matchAll(/>= bool ([\d.e+-]+)\)/g)].map((match) => Number(match[1]))
  const rule: StepRule = {
    ...{ kind: 'step', name, metric, when: isAbove ? 'above' : 'below' },
    statistic: parts[2] === 'avg' ? 'average' : 'maximum',
    threshold: Number(parts[7]),
    ...{ periodSeconds, periods: rangeSeconds / periodSeconds, cooldownSeconds },
    unit: query.includes('/ 100') ? 'percent' : 'nodes',
    // Each further step names its own amount, then the one before it.
    steps: [0, ...froms].map((from, at) => ({
      from,
      change: (changes[at === 0 ? 0 : 2 * at - 1] ?? Number.NaN) * (isAbove ? 1 : -1),
    })),
  }
  return unscoped(alarmQuery(rule)) === query ? rule : undefined
}

/** All that arrives: an autoscaler with the target as average value divides it by the pods. */
export const totalQuery = (metric: MetricName): string => `sum(${series(metric)})`

/** A target that only scales out: 0 below it. */
export const outOnlyQuery = ({ metric, target }: TargetRule): string =>
  `(avg(${series(metric)}) > bool ${target}) * ceil(sum(${series(metric)}) / ${target})`

/** What was needed around this time, so many hours ago, `leadSeconds` early; 0 when nobody knows. */
export const forecastQuery = (
  { metric, target, leadSeconds }: PredictiveRule,
  backHours: number,
): string => {
  const rangeSeconds = 3600 + leadSeconds
  const offsetSeconds = backHours * 3600 - leadSeconds
  return `ceil(max_over_time(sum(${series(metric)})[${rangeSeconds}s:60s] offset ${offsetSeconds}s) / ${target}) or vector(0)`
}

export function readTotalQuery(given: string): MetricName | undefined {
  const name = /^sum\((\w+)\{[^}]*\}\)$/.exec(given)?.[1]
  return name === undefined ? undefined : metricBySeries(name)
}

export function readOutOnlyQuery(
  given: string,
): { metric: MetricName; target: number } | undefined {
  const parts =
    /^\(avg\((\w+)\{[^}]*\}\) > bool ([\d.e+]+)\) \* ceil\(sum\(\w+\{[^}]*\}\) \/ [\d.e+]+\)$/.exec(
      given,
    )
  const metric = parts ? metricBySeries(parts[1]!) : undefined
  return parts && metric ? { metric, target: Number(parts[2]) } : undefined
}

export function readForecastQuery(
  name: string,
  given: string,
): { readonly rule: PredictiveRule; readonly backHours: number } | undefined {
  const parts =
    /^ceil\(max_over_time\(sum\((\w+)\{[^}]*\}\)\[(\d+)s:60s\] offset (\d+)s\) \/ ([\d.e+]+)\) or vector\(0\)$/.exec(
      given,
    )
  const metric = parts ? metricBySeries(parts[1]!) : undefined
  if (!parts || metric === undefined) return undefined
  const leadSeconds = Number(parts[2]) - 3600
  const backHours = (Number(parts[3]) + leadSeconds) / 3600
  return {
    rule: { kind: 'predictive', name, metric, target: Number(parts[4]), leadSeconds },
    backHours,
  }
}

// Rendered queries name a namespace; whose it is does not matter here.
const unscoped = (query: string): string => query.replaceAll(/\{namespace="[^"]*"\}/g, '{}')

const metricBySeries = (series: string): MetricName | undefined =>
  (Object.keys(METRICS) as MetricName[]).find((name) => metricOf(name).prometheus === series)
