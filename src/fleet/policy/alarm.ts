// Step and simple scaling: an alarm rings, capacity changes by a stated amount.
//
//   step     the further beyond the threshold, the bigger the step; while a scale-out cools down, a
//            bigger step still counts from where the cooldown began, so that the difference is added
//   simple   one amount, and nothing at all until the group's cooldown is over
import { all, lastPeriods } from './periods.ts'
import type { LevelState, Sample, SimpleRule, StepRule } from './policy.ts'
import { memoryOf } from './state.ts'
import { beyond, changeOf, NO_WISH, type Wish } from './wish.ts'

/** What the newest period measured, when every period of the alarm is beyond the threshold. */
function ringing(rule: StepRule | SimpleRule, samples: readonly Sample[], atMs: number) {
  const { values, endMs } = lastPeriods(samples, rule, atMs)
  const isBeyond = (value: number) =>
    rule.when === 'above' ? value > rule.threshold : value < rule.threshold
  return all(values, isBeyond) ? { value: values.at(-1)!, endMs } : undefined
}

export function stepWish(
  rule: StepRule,
  level: LevelState,
  samples: readonly Sample[],
  atMs: number,
): Wish {
  const alarm = ringing(rule, samples, atMs)
  const memory = memoryOf(level, rule.name)
  if (alarm === undefined || alarm.endMs <= memory.periodAtMs) return NO_WISH
  const isCooling = (sinceMs: number) => atMs < sinceMs + rule.cooldownSeconds * 1000
  if (rule.when === 'below' && isCooling(memory.inAtMs)) return NO_WISH
  const base = rule.when === 'above' && isCooling(memory.outAtMs) ? memory.base : level.wanted
  const distance = Math.abs(alarm.value - rule.threshold)
  const step = rule.steps.findLast(({ from }) => distance >= from)
  return step === undefined
    ? NO_WISH
    : move(rule, level, base, base + changeOf(base, step.change, rule.unit), alarm)
}

export function simpleWish(
  rule: SimpleRule,
  level: LevelState,
  samples: readonly Sample[],
  atMs: number,
): Wish {
  if (atMs < level.changedAtMs + rule.cooldownSeconds * 1000) return NO_WISH
  const alarm = ringing(rule, samples, atMs)
  if (alarm === undefined || alarm.endMs <= memoryOf(level, rule.name).periodAtMs) return NO_WISH
  const base = level.wanted
  return move(rule, level, base, base + changeOf(base, rule.change, rule.unit), alarm)
}

function move(
  rule: StepRule | SimpleRule,
  level: LevelState,
  base: number,
  nodes: number,
  { value, endMs }: { readonly value: number; readonly endMs: number },
): Wish {
  const kind = rule.when === 'above' ? 'out' : 'in'
  const isMove = kind === 'out' ? nodes > level.wanted : nodes < level.wanted
  const why = beyond(rule, value, rule.threshold)
  return isMove ? { kind, rule: rule.name, nodes, base, periodAtMs: endMs, why } : NO_WISH
}
