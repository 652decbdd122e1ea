// What a graph is, and the queries that graphs are made of.

export interface Query {
  readonly expr: string
  readonly legend: string
}

export interface Panel {
  readonly title: string
  /** What it means, and what to do when it looks bad. */
  readonly about: string
  readonly unit:
    | 'pps'
    | 's'
    | 'ms'
    | 'percent'
    | 'percentunit'
    | 'bytes'
    | 'short'
    | 'reqps'
    | 'Bps'
  readonly queries: readonly Query[]
  /** Drawn as a line that should not be crossed. */
  readonly limit?: number
  /** One number instead of a graph. */
  readonly isStat?: boolean
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
  /** Shown folded: for those who look for something. */
  readonly isFolded?: boolean
}

/** The selection of nodes that the variables of the dashboard make. */
export const OF = '{namespace=~"$namespace", instance=~"$instance"}'
export const rate = (metric: string): string => `rate(${metric}${OF}[$__rate_interval])`
export const each = (metric: string): string => `${metric}${OF}`
export const total = (metric: string, legend: string): Query => ({
  expr: `sum(${rate(metric)})`,
  legend,
})
export const byNode = (metric: string): Query => ({ expr: each(metric), legend: '{{instance}}' })
export const relays = (metric: string): string => `${metric}{namespace=~"$namespace"}`

export function stat(
  title: string,
  about: string,
  unit: Panel['unit'] | '',
  expr: string,
  limit?: number,
): Panel {
  return {
    ...{ title, about, unit: unit === '' ? 'short' : unit, isStat: true },
    queries: [{ expr, legend: title }],
    ...(limit === undefined ? {} : { limit }),
  }
}
