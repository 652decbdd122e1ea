// Target tracking as Application Auto Scaling does it: two alarms a rule.
//
//            │ ▂▄▆█  out: outPeriods in a row above the target        nodes × metric / target, rounded up
//   target ──┼─▆──────────────────────────────────────────
//   × 0.9  ──┼──▄▂▁  in: inPeriods in a row below this share of it
//
// Rounding up makes it careful both ways: it never removes the node whose load the others could not take.

import { all, lastPeriods } from './periods.ts'
import type { EcsEngine, LevelState, Sample, TargetRule } from './policy.ts'
import { memoryOf } from './state.ts'
import { beyond, NO_WISH, type Wish } from './wish.ts'

export function targetWish(
  rule: TargetRule,
  level: LevelState,
  samples: readonly Sample[],
  atMs: number,
  engine: EcsEngine,
): Wish {
  const { metric, target } = rule
  const memory = memoryOf(level, rule.name)
  const { periodSeconds, outPeriods, inPeriods, inShare } = engine
  const query = { metric, statistic: 'average', periodSeconds } as const
  const high = lastPeriods(samples, { ...query, periods: outPeriods }, atMs)
  if (high.endMs <= memory.periodAtMs) return NO_WISH
  const isCooling = atMs < memory.outAtMs + rule.outCooldownSeconds * 1000
  if (all(high.values, (value) => value > target)) {
    const value = high.values.at(-1)!
    const base = isCooling ? memory.base : level.wanted
    const nodes = Math.ceil(base * (value / target) - 1e-9)
    const why = beyond(rule, value, target)
    const wish = { rule: rule.name, nodes, base, periodAtMs: high.endMs, why }
    return nodes > level.wanted ? { kind: 'out', ...wish } : NO_WISH
  }
  if (!rule.scaleIn || atMs < memory.inAtMs + rule.inCooldownSeconds * 1000) return NO_WISH
  const low = lastPeriods(samples, { ...query, periods: inPeriods }, atMs)
  if (!all(low.values, (value) => value < target * inShare)) return NO_WISH
  // The busiest of the periods: what is given back must not have been needed in any of them.
  const value = Math.max(...(low.values as number[]))
  const enough = Math.ceil(level.wanted * (value / target) - 1e-9)
  const nodes = engine.inStep === 'one' ? Math.max(enough, level.wanted - 1) : enough
  if (nodes >= level.wanted) return NO_WISH
  const why = beyond(rule, value, target * inShare)
  return { kind: 'in', rule: rule.name, nodes, base: nodes, periodAtMs: low.endMs, why }
}
