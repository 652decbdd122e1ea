// The traces that come with Calliope. All are drawn with a peak of 1 and scaled; chance (noise of a few
// per cent) comes from the seed. Every one begins with a calm stretch, so that a policy has settled.
import { Random } from '../traffic/random.ts'
import { scaleTrace, type Trace, type TraceEvent, type TracePoint } from './trace.ts'

const MINUTE = 60
const HOUR = 3600
const STEP = 10

export interface TraceOptions {
  /** Packets a second at the highest point. */
  readonly peak: number
  readonly seed?: number
}

interface Shape {
  readonly about: string
  readonly seconds: number
  readonly rateAt: (at: number) => number
  readonly events?: readonly TraceEvent[]
  readonly stepAt?: number
}

const SHAPES = {
  day: {
    about: 'a working day of 24 hours: night, morning rise, lunch, afternoon, evening',
    seconds: 24 * HOUR,
    rateAt: dayAt,
  },
  'two-days': {
    about: 'the same working day twice, so that a forecast has something to look back to',
    seconds: 48 * HOUR,
    rateAt: (at) => dayAt(at % (24 * HOUR)),
  },
  step: {
    about: 'four times the traffic from one second to the next, for an hour',
    seconds: 2.5 * HOUR,
    rateAt: (at) => (at >= 30 * MINUTE && at < 90 * MINUTE ? 1 : 0.25),
    stepAt: 30 * MINUTE,
  },
  'flash-crowd': {
    about: 'a vote on television: eight times the traffic within a minute, gone in half an hour',
    seconds: 2 * HOUR,
    rateAt: (at) => 0.125 + 0.875 * crowd(at - 30 * MINUTE, MINUTE, 10 * MINUTE),
    stepAt: 30 * MINUTE,
  },
  'register-storm': {
    about: 'an edge comes back: every phone registers at once, then in waves that flatten',
    seconds: 1.5 * HOUR,
    rateAt: (at) => 0.2 + 0.8 * storm(at - 30 * MINUTE),
    stepAt: 30 * MINUTE,
  },
  failover: {
    about: 'one sender dies and the others take its traffic; half an hour later it is back',
    seconds: 1.5 * HOUR,
    rateAt: () => 1,
    events: [
      { kind: 'sender-down', at: 30 * MINUTE, sender: 0 },
      { kind: 'sender-up', at: 60 * MINUTE, sender: 0 },
    ],
    stepAt: 30 * MINUTE,
  },
  'reclaim-wave': {
    about:
      'most spot nodes are taken away within two minutes, and none can be had for half an hour',
    seconds: 2 * HOUR,
    rateAt: () => 1,
    events: [{ kind: 'reclaim', at: 45 * MINUTE, share: 0.8, over: 120, shortage: 30 * MINUTE }],
    stepAt: 45 * MINUTE,
  },
  deployment: {
    about: 'a new version comes in while the traffic rises from half to full',
    seconds: 2 * HOUR,
    rateAt: (at) => 0.5 + 0.5 * Math.min(1, Math.max(0, (at - 30 * MINUTE) / HOUR)),
    events: [{ kind: 'deploy', at: 45 * MINUTE }],
  },
  'database-away': {
    about: 'the database is away for ten minutes under steady traffic',
    seconds: 1.5 * HOUR,
    rateAt: () => 1,
    events: [{ kind: 'database', at: 30 * MINUTE, share: 0, seconds: 10 * MINUTE }],
    stepAt: 30 * MINUTE,
  },
} satisfies Record<string, Shape>

export type TraceName = keyof typeof SHAPES
export const TRACE_NAMES = Object.keys(SHAPES) as TraceName[]

/** A trace by its name. */
export function namedTrace(name: TraceName, { peak, seed = 1 }: TraceOptions): Trace {
  const { rateAt, ...shape }: Shape = SHAPES[name]
  const random = new Random(seed)
  const points: TracePoint[] = []
  for (let at = 0; at < shape.seconds; at += STEP)
    points.push({ at, rate: Math.max(0, rateAt(at) * (1 + 0.03 * (random.next() * 2 - 1))) })
  return scaleTrace({ name, events: [], ...shape, points }, peak)
}

function dayAt(at: number): number {
  const busy = Math.max(hump(at, 10.3, 2.3), 0.94 * hump(at, 15, 2.6), 0.45 * hump(at, 19.5, 2))
  return 0.12 + 0.88 * busy
}

/** A bell around an hour of the day. */
const hump = (at: number, hour: number, width: number): number =>
  Math.exp(-(((at / HOUR - hour) / width) ** 2))

/** Rises in `rise` seconds, then decays. */
function crowd(since: number, rise: number, decay: number): number {
  if (since < 0) return 0
  return since < rise ? since / rise : Math.exp(-(since - rise) / decay)
}

/** Registrations come back every two minutes, each wave lower and wider than the one before. */
function storm(since: number): number {
  let sum = 0
  for (let wave = 0; wave < 5 && since >= 0; wave++) {
    const width = 15 * (wave + 1)
    sum += Math.exp(-(((since - 20 - wave * 120) / width) ** 2)) / (wave + 1)
  }
  return Math.min(1, sum)
}
