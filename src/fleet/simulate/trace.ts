// A trace: how much traffic there is when, and what happens besides. Rates are steps: each point holds
// until the next. Traces are data, so that one run can be replayed and a recorded one be used.
//
//   rate  ▁▁▁▁▆█▇▅▃▂▁▁▁          points, every `stepSeconds` or irregular
//              └ events: a sender dies, spot is reclaimed, a deployment begins

export const TRACE_POINTS_MAX = 1_000_000

export interface Trace {
  readonly name: string
  /** One sentence on what it stands for. */
  readonly about: string
  readonly seconds: number
  readonly points: readonly TracePoint[]
  readonly events: readonly TraceEvent[]
  /** When its one big change comes, for the time to recover; undefined when it has none. */
  readonly stepAt?: number
}

/** From `at` (seconds) on, `rate` packets a second arrive in all. */
export interface TracePoint {
  readonly at: number
  readonly rate: number
}

export type TraceEvent =
  /** Its traffic goes to the other senders, evenly. */
  | { readonly kind: 'sender-down' | 'sender-up'; readonly at: number; readonly sender: number }
  /** This share of the spot nodes gets notice within `over` seconds; none can be had for `shortage`. */
  | {
      readonly kind: 'reclaim'
      readonly at: number
      readonly share: number
      readonly over: number
      readonly shortage: number
    }
  /** Every node is replaced by a new one, rolling. */
  | { readonly kind: 'deploy'; readonly at: number }
  /** The database stores only this share of its rate for a while; 0 = it is away. */
  | {
      readonly kind: 'database'
      readonly at: number
      readonly share: number
      readonly seconds: number
    }

/** Packets in the whole trace. */
export function packetsOf({ points, seconds }: Trace): number {
  let packets = 0
  for (const [i, { at, rate }] of points.entries())
    packets += rate * Math.max(0, Math.min(seconds, points[i + 1]?.at ?? seconds) - at)
  return packets
}

export const peakOf = ({ points }: Trace): number =>
  points.reduce((most, { rate }) => Math.max(most, rate), 0)

/** The same shape with another peak. */
export function scaleTrace(trace: Trace, peak: number): Trace {
  const factor = peak / (peakOf(trace) || 1)
  return { ...trace, points: trace.points.map(({ at, rate }) => ({ at, rate: rate * factor })) }
}
