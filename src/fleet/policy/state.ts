// What the engine remembers, made and renewed. States are plain data without infinities, so that they
// survive JSON: the reconciler keeps its own between two runs.
import type { LevelState, Policy, PolicyState, RuleMemory } from './policy.ts'

/** Before anything happened; the smallest date there is. */
export const NEVER_MS = -8_640_000_000_000_000

/** The state of a fleet that has just been started. @default nodes: policy.nodesMin */
export function initialState(
  policy: Policy,
  nodes: number = policy.nodesMin,
  hosts: number = policy.hosts?.hostsMin ?? 0,
): PolicyState {
  return {
    nodes: initialLevel(nodes),
    hosts: policy.hosts ? initialLevel(hosts) : undefined,
    hourly: {},
    notedAtMs: NEVER_MS,
  }
}

const initialLevel = (wanted: number): LevelState => ({
  wanted,
  changedAtMs: NEVER_MS,
  rules: {},
  recommended: [],
  moves: [],
})

const NOTHING: RuleMemory = { outAtMs: NEVER_MS, inAtMs: NEVER_MS, base: 0, periodAtMs: NEVER_MS }

export const memoryOf = (level: LevelState, rule: string): RuleMemory =>
  level.rules[rule] ?? NOTHING
