// Which parts of a time range to look at first, when there is no time for all of it. The range is cut
// into buckets and every bucket into SLICES equal slices; slices are taken in an order in which any
// first few of them lie as far apart as they can (bit reversal), so that what is counted in them
// stands for the bucket whatever the rhythm of the traffic.
//
//   bucket  |0              |        taken first: 0, then 8, 4, 12, 2, 10, …
//   slices  |0|1|2|3|4|5|6|7|…
//
// In every bucket they begin at another place, or traffic that beats once a second, as a test's does,
// would be hit by all of them or by none.

/** Slices a bucket is cut into; a power of two. */
export const SLICES = 4096
const BITS = Math.log2(SLICES)

/** From `fromUs` until before `toUs`. */
export interface TimeSpan {
  readonly fromUs: number
  readonly toUs: number
}

/** Slices of a bucket, from one until before another. */
interface Run {
  from: number
  to: number
}

/** Lengths of buckets that people can read off an axis. */
const STEPS_S = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000],
]

/** The shortest readable length that cuts the range into `buckets` at most. */
export function bucketUsFor({ fromUs, toUs }: TimeSpan, buckets: number): number {
  const fits = (us: number) =>
    Math.ceil(toUs / us) - Math.floor(fromUs / us) <= Math.max(2, buckets)
  const step = STEPS_S.find((seconds) => fits(seconds * 1e6))
  if (step !== undefined) return step * 1e6
  const month = STEPS_S.at(-1)! * 1e6
  return month * Math.ceil((toUs - fromUs) / month / Math.max(1, buckets - 1))
}

/** In order of time: where the slices numbered `first` until before `end` in the order of taking lie, neighbours joined. */
export function slicesOf(
  range: TimeSpan,
  bucketUs: number,
  first: number,
  end: number,
): readonly TimeSpan[] {
  const places = Array.from({ length: end - first }, (_, i) => reversed(first + i)).sort(
    (a, b) => a - b,
  )
  const runs: Run[] = []
  for (const place of places) {
    const last = runs.at(-1)
    if (last?.to === place) last.to = place + 1
    else runs.push({ from: place, to: place + 1 })
  }
  const spans: TimeSpan[] = []
  const firstBucket = Math.floor(range.fromUs / bucketUs)
  for (let bucket = firstBucket; bucket * bucketUs < range.toUs; bucket += 1) {
    for (const { from, to } of turned(runs, bucket)) {
      // Rounded the same way at both ends, so that neighbours meet and nothing is counted twice.
      const edge = (place: number) => Math.floor((bucket + place / SLICES) * bucketUs)
      const fromUs = Math.max(range.fromUs, edge(from))
      const toUs = Math.min(range.toUs, edge(to))
      if (fromUs < toUs) spans.push({ fromUs, toUs })
    }
  }
  return spans
}

/** The runs moved on by a place that looks random, round the end of the bucket. */
function turned(runs: readonly Run[], bucket: number): readonly Run[] {
  const by = (Math.imul(bucket | 0, 0x9e37_79b1) >>> 0) % SLICES
  const turned = runs.flatMap(({ from, to }) => {
    const run = { from: from + by, to: to + by }
    if (run.to <= SLICES) return [run]
    if (run.from >= SLICES) return [{ from: run.from - SLICES, to: run.to - SLICES }]
    return [
      { from: run.from, to: SLICES },
      { from: 0, to: run.to - SLICES },
    ]
  })
  return turned.sort((a, b) => a.from - b.from)
}

function reversed(n: number): number {
  let result = 0
  for (let bit = 0; bit < BITS; bit += 1) if (n & (1 << bit)) result |= 1 << (BITS - 1 - bit)
  return result
}
