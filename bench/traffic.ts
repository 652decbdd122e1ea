// The traffic of all benchmarks: seven-message calls (fleet's mix `calls`), sent round and round with
// new Call-IDs, numbers and times.
//
//   whole    a call's messages come within milliseconds of each other: most end up in one batch
//   spread   20,000 calls are up at once: at 100 k msg/s a call takes 1.4 s and is dealt out over batches
import { buildTrafficRing, type TrafficRing } from '#fleet'

const SHAPES = {
  whole: { starts: 1_000, startsPerSecond: 0.05 },
  spread: { starts: 20_000, startsPerSecond: 5_000 },
} as const

export type TrafficShape = keyof typeof SHAPES

export const trafficRing = (shape: TrafficShape, seed = 1): TrafficRing =>
  buildTrafficRing({ mix: 'calls', seed, ...SHAPES[shape] })
