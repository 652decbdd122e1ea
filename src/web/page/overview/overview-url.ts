// What the overview's part of the address says: how far back, and what it is compared with.
import { RANGES } from '../parts/ranges.ts'
import { hrefOf, type Query } from '../shell/address.ts'

export type RangeName = (typeof RANGES)[number][0]

export const COMPARISONS = [
  ['', 'Nothing', 0],
  ['day', 'Yesterday', 86_400],
  ['week', 'Last week', 604_800],
] as const
export type ComparisonName = (typeof COMPARISONS)[number][0]

export interface OverviewUrl {
  readonly range: RangeName
  readonly seconds: number
  readonly versus: ComparisonName
  /** How much earlier the compared range is; 0 = none. */
  readonly earlierSeconds: number
  readonly versusLabel: string
}

/** From the query of the address; the hour when it says nothing sensible. */
export function readOverview({ range, versus }: Query): OverviewUrl {
  const [name, , seconds] = RANGES.find(([name]) => name === range) ?? RANGES[1]
  const [comparison, versusLabel, earlierSeconds] =
    COMPARISONS.find(([name]) => name === versus) ?? COMPARISONS[0]
  return { range: name, seconds, versus: comparison, earlierSeconds, versusLabel }
}

/** Parameters of /api/v1/kpi for the range, or for that so many seconds earlier. */
export const kpiQuery = ({ seconds }: OverviewUrl, earlierSeconds: number) => ({
  from: `-${seconds + earlierSeconds}s`,
  ...(earlierSeconds > 0 ? { to: `-${earlierSeconds}s` } : {}),
  step: 'auto',
})

/** Search for what a number stands for. */
export function searchHref(q: string, fromSeconds: number, toSeconds: number): string {
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
  return hrefOf('search', '', { q, from: iso(fromSeconds), to: iso(toSeconds) })
}

/** A value that the query language takes literally. */
export const quoted = (value: string): string =>
  /^[\w.:+@-]+$/.test(value) && !/^-/.test(value)
    ? value
    : `"${value.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`
