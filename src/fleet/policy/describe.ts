// A policy as a paragraph that a person can check against what was meant.
import { metricOf } from './metrics.ts'
import type { Alarm, Capacity, ChangeUnit, HostLevel, Policy, Rule, Step } from './policy.ts'

export function describePolicy({
  name,
  nodesMin,
  nodesMax,
  rules,
  capacity,
  hosts,
}: Policy): string {
  const sentences = [
    `Policy ${name} keeps ${nodesMin} to ${nodesMax} nodes, ${describeCapacity(capacity)}.`,
    ...rules.map(describeRule),
    ...(rules.some(({ kind }) => kind === 'target') ? [togetherness(rules)] : []),
    ...(hosts ? [describeHosts(hosts)] : []),
  ]
  return sentences.join('\n')
}

function describeRule(rule: Rule): string {
  const { label } = metricOf(rule.metric)
  const amount = (value: number) => amountOf(rule, value)
  switch (rule.kind) {
    case 'target': {
      const inwards = rule.scaleIn
        ? `in again when it stays below, at most every ${duration(rule.inCooldownSeconds)}`
        : 'never in'
      return `${rule.name}: keeps ${label} at ${amount(rule.target)}; out by proportion, where what was added within ${duration(rule.outCooldownSeconds)} counts already; ${inwards}.`
    }
    case 'step':
      return `${rule.name}: when ${describeAlarm(rule)}, ${describeSteps(rule.steps, rule.unit, amount)}; cooldown ${duration(rule.cooldownSeconds)}.`
    case 'simple':
      return `${rule.name}: when ${describeAlarm(rule)}, ${changed(rule.change, rule.unit)}, then nothing at all for ${duration(rule.cooldownSeconds)}.`
    case 'predictive':
      return `${rule.name}: stands ${duration(rule.leadSeconds)} early with what the same hour needed a day and a week ago, at ${amount(rule.target)} a node.`
  }
}

const amountOf = ({ metric }: Rule, value: number): string => {
  const { unit } = metricOf(metric)
  return `${value.toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}`
}

function describeAlarm(rule: Alarm & Rule): string {
  const of =
    rule.statistic === 'maximum'
      ? `the worst node's ${metricOf(rule.metric).label}`
      : metricOf(rule.metric).label
  const span =
    rule.periods === 1
      ? `over ${duration(rule.periodSeconds)}`
      : `in ${rule.periods} periods of ${duration(rule.periodSeconds)} in a row`
  return `${of} is ${rule.when} ${amountOf(rule, rule.threshold)} ${span}`
}

function describeSteps(
  steps: readonly Step[],
  unit: ChangeUnit,
  amount: (value: number) => string,
): string {
  return steps
    .map(({ from, change }, at) => {
      const beyond = at === 0 ? '' : ` from ${amount(from)} beyond that`
      return `${changed(change, unit)}${beyond}`
    })
    .join(', ')
}

const changed = (change: number, unit: ChangeUnit): string => {
  const size = Math.abs(change)
  const what =
    unit === 'percent' ? `${size} % of the nodes` : size === 1 ? '1 node' : `${size} nodes`
  return change > 0 ? `adds ${what}` : `takes ${what} away`
}

function togetherness(rules: readonly Rule[]): string {
  const names = rules.flatMap((rule) => (rule.kind === 'target' && rule.scaleIn ? [rule.name] : []))
  if (names.length < 2)
    return 'The largest number any rule asks for counts; missing data never scales in.'
  return `The largest number any rule asks for counts; scaling in needs ${names.join(' and ')} to agree; missing data never scales in.`
}

function describeCapacity(capacity: Capacity): string {
  if (capacity.kind === 'on-demand') return 'all on-demand'
  const { onDemandBase, onDemandWeight, spotWeight, standInsMax } = capacity
  const base = `${onDemandBase} of them on-demand and the rest`
  const mix =
    onDemandWeight === 0 ? 'spot' : `on-demand to spot as ${onDemandWeight} to ${spotWeight}`
  const instead =
    standInsMax === 0
      ? ''
      : `, up to ${standInsMax} on-demand nodes standing in for spot taken away`
  return `${base} ${mix}${instead}`
}

const describeHosts = (hosts: HostLevel): string =>
  `Under them ${hosts.hostsMin} to ${hosts.hostsMax} hosts of ${hosts.nodesPerHost} nodes each keep their own CPU at ${hosts.cpuTarget} %, and are never fewer than the nodes need.`

function duration(seconds: number): string {
  if (seconds < 60 || seconds % 60 !== 0) return `${seconds} s`
  return seconds === 60 ? 'a minute' : `${seconds / 60} minutes`
}
