// What the query of a step or simple rule (promql.ts) answers, computed from samples: the number of pods
// the rule wants.
//
//   above   silent: 0, so that it never holds up others; ringing: the pods there are and the step
//   below   silent: the pods there are; ringing: fewer
import { lastPeriods } from './periods.ts'
import type { Sample, SimpleRule, StepRule } from './policy.ts'
import { beyond, changeOf } from './wish.ts'

export function wantedByQuery(
  rule: StepRule | SimpleRule,
  pods: number,
  samples: readonly Sample[],
  atMs: number,
): { readonly pods: number; readonly why: string } | undefined {
  const { values } = lastPeriods(samples, rule, atMs)
  const known = values.filter((value) => value !== undefined)
  if (known.length === 0) return undefined
  const isAbove = rule.when === 'above'
  // All periods are beyond the threshold when the one nearest to it is.
  const value = isAbove ? Math.min(...known) : Math.max(...known)
  const why = beyond(rule, value, rule.threshold)
  const steps = rule.kind === 'simple' ? [{ from: 0, change: rule.change }] : rule.steps
  const rings = isAbove ? value > rule.threshold : value < rule.threshold
  const isWhole = known.length === values.length
  const step = steps.findLast(({ from }) => Math.abs(value - rule.threshold) >= from)
  if (!rings || !isWhole || step === undefined) return { pods: isAbove ? 0 : pods, why }
  return { pods: pods + changeOf(pods, step.change, rule.unit), why }
}
