// What one rule wants just now. Rules are asked one by one and know nothing of each other; level.ts
// weighs their wishes.
import { metricOf } from './metrics.ts'
import type { ChangeUnit, Rule } from './policy.ts'

export type Wish = NoWish | MoveWish

/** Content, waiting for its cooldown, or blind: in any case not consenting to fewer nodes. */
export interface NoWish {
  readonly kind: 'none'
}

export interface MoveWish {
  readonly kind: 'out' | 'in'
  readonly rule: string
  readonly nodes: number
  /** What a running cooldown counts from. */
  readonly base: number
  /** End of the period that says so. */
  readonly periodAtMs: number
  /** What was measured against what: "CPU 74 % is above 60 %". */
  readonly why: string
}

export const NO_WISH: NoWish = { kind: 'none' }

/** Percent of the nodes, cut towards zero but never to nothing: 10 % of 27 is 2, of 3 is 1. */
export function changeOf(nodes: number, change: number, unit: ChangeUnit): number {
  if (unit === 'nodes') return change
  const exact = Math.trunc((nodes * change) / 100 + Math.sign(change) * 1e-9)
  return exact === 0 ? Math.sign(change) : exact
}

/** For reasons: "CPU 74 % is above 60 %". */
export function beyond({ metric }: Rule, value: number, limit: number): string {
  const { label, unit } = metricOf(metric)
  const show = (n: number) => `${Math.round(n * 100) / 100}${unit === '' ? '' : ` ${unit}`}`
  return `${label} ${show(value)} is ${value > limit ? 'above' : 'below'} ${show(limit)}`
}
