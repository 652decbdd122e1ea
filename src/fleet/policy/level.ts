// One level (the nodes, or the hosts under them): the wishes of its rules become one number.
//
//   somebody wants more        the largest wish counts
//   else, somebody wants fewer step and simple rules as they ring; target rules only all together;
//                              the largest wish counts again, so the most careful one
//   in any case                not below the forecast, within the bounds
import { simpleWish, stepWish } from './alarm.ts'
import type { EcsEngine, LevelState, Reason, Rule, RuleMemory, Sample } from './policy.ts'
import { memoryOf, NEVER_MS } from './state.ts'
import { targetWish } from './target.ts'
import { type MoveWish, NO_WISH, type Wish } from './wish.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** From predictive rules, and the one that says so. */
  readonly floor: number
  readonly floorRule: string
  /** What is counted, for sentences. */
  readonly noun: string
}

export interface Settled {
  readonly level: LevelState
  readonly reason: Reason
}

/** Decides one level as Application Auto Scaling would. */
export function settleLevel(
  rules: readonly Rule[],
  level: LevelState,
  samples: readonly Sample[],
  atMs: number,
  bounds: Bounds,
  engine: EcsEngine,
): Settled {
  const wishes = rules.map((rule) => wishOf(rule, level, samples, atMs, engine))
  const outs = wishes.filter((wish): wish is MoveWish => wish.kind === 'out')
  const moves = outs.length > 0 ? outs : insOf(rules, wishes)
  const winner = moves.reduce<MoveWish | undefined>(
    (best, wish) => (best === undefined || wish.nodes > best.nodes ? wish : best),
    undefined,
  )
  const settled = settle(level, winner, bounds, atMs)
  const memories = remember(rules, level, moves, settled.level.wanted, atMs)
  return { ...settled, level: { ...settled.level, rules: memories } }
}

function wishOf(
  rule: Rule,
  level: LevelState,
  samples: readonly Sample[],
  atMs: number,
  engine: EcsEngine,
): Wish {
  switch (rule.kind) {
    case 'target':
      return targetWish(rule, level, samples, atMs, engine)
    case 'step':
      return stepWish(rule, level, samples, atMs)
    case 'simple':
      return simpleWish(rule, level, samples, atMs)
    case 'predictive':
      return NO_WISH
  }
}

function insOf(rules: readonly Rule[], wishes: readonly Wish[]): MoveWish[] {
  const doesConsent = rules.every(
    (rule, at) => rule.kind !== 'target' || !rule.scaleIn || wishes[at]!.kind === 'in',
  )
  return wishes.filter(
    (wish, at): wish is MoveWish =>
      wish.kind === 'in' && (rules[at]!.kind !== 'target' || doesConsent),
  )
}

/** Brings a wish within the bounds and says why things are as they are. */
export function settle(
  level: LevelState,
  winner: Pick<MoveWish, 'rule' | 'nodes' | 'why'> | undefined,
  bounds: Bounds,
  atMs: number,
): Settled {
  const { min, max, floor, noun } = bounds
  const asked = winner?.nodes ?? level.wanted
  const wanted = Math.min(max, Math.max(min, asked, floor))
  if (wanted === level.wanted)
    return { level, reason: { kind: 'hold', text: still(level, winner, bounds) } }
  const kind = wanted > level.wanted ? 'out' : 'in'
  const change = `${level.wanted} ${noun} become ${wanted}`
  return {
    level: { ...level, wanted, changedAtMs: atMs },
    reason: reasonOf(kind, change, winner, asked, bounds),
  }
}

function reasonOf(
  kind: 'out' | 'in',
  change: string,
  winner: Pick<MoveWish, 'rule' | 'why'> | undefined,
  asked: number,
  { min, max, floor, floorRule, noun }: Bounds,
): Reason {
  if (floor > asked && floor > min)
    return { kind, rule: floorRule, text: `the forecast asks for ${floor} ${noun}: ${change}` }
  if (winner === undefined) return { kind: 'bounds', text: `${min} to ${max} ${noun}: ${change}` }
  return { kind, rule: winner.rule, text: `${winner.why}: ${change}` }
}

const still = (
  { wanted }: LevelState,
  winner: Pick<MoveWish, 'why'> | undefined,
  { noun }: Bounds,
): string => `${winner ? `${winner.why}, but ` : ''}${wanted} ${noun} stay`

/** What rang has acted on its period, also in vain; a scale-out ends every scale-in cooldown. */
function remember(
  rules: readonly Rule[],
  before: LevelState,
  moves: readonly MoveWish[],
  wanted: number,
  atMs: number,
): LevelState['rules'] {
  const change = wanted - before.wanted
  if (moves.length === 0 && change <= 0) return before.rules
  const next: Record<string, RuleMemory> = {}
  for (const { name } of rules) {
    const old = memoryOf(before, name)
    const move = moves.find(({ rule }) => rule === name)
    const { base, periodAtMs } = move ?? old
    const outAtMs = move && change > 0 ? atMs : old.outAtMs
    const inAtMs = change > 0 ? NEVER_MS : move && change < 0 ? atMs : old.inAtMs
    next[name] = { base, periodAtMs, outAtMs, inAtMs }
  }
  return next
}
