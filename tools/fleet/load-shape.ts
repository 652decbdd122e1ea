// What the demo's load does over time, as a line through points: also what the simulator is given.

/** Seconds since the begin, and packets per second there. */
export type LoadPoint = readonly [atSeconds: number, packetsPerSecond: number]

/** Quiet, up to the peak, a while there, down, quiet: one busy day in `seconds`. */
export function demoShape(seconds: number, base: number, peak: number): readonly LoadPoint[] {
  const at = (share: number) => share * seconds
  return [
    [0, base],
    [at(0.08), base],
    [at(0.42), peak],
    [at(0.58), peak],
    [at(0.66), base],
    [seconds, base],
  ]
}

/** The line as a run follows it, to its end. */
export const following =
  (shape: readonly LoadPoint[]) =>
  ({ seconds }: { readonly seconds: number }): number | undefined =>
    seconds < shape.at(-1)![0] ? rateAt(shape, seconds) : undefined

/** The rate between the points. */
export function rateAt(shape: readonly LoadPoint[], seconds: number): number {
  const after = shape.findIndex(([at]) => at >= seconds)
  if (after <= 0) return (after === 0 ? shape[0] : shape.at(-1))?.[1] ?? 0
  const [fromAt, from] = shape[after - 1]!
  const [toAt, to] = shape[after]!
  return from + ((to - from) * (seconds - fromAt)) / (toAt - fromAt)
}
