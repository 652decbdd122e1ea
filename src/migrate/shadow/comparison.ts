// Lays two recordings of the same traffic side by side, message by message. Three looks, from strict to
// lenient; what is left after them has only one of the two:
//
//   same     type, time, addresses, payload          then fields are compared (Call-ID, correlation, agent)
//   time     type, addresses, payload                one of the two did not believe, or misread, the clock
//   payload  type, time, addresses                   one of the two changed it
//
// Each look takes a message once: of two equal retransmissions both must have been recorded by both.
// What finds no partner waits for `patienceUs` of traffic, because the two may put one message at
// different times, and is then told as missing. Memory is bounded: beyond `waitingMax` the oldest go.
import { causeOfMissing, type Side } from './causes.ts'
import type { Sighting } from './sighting.ts'

/** What was found of one message. */
export type Finding =
  | { readonly kind: 'missing'; readonly in: Side; readonly seen: Sighting; readonly cause: string }
  | {
      readonly kind: 'differs'
      readonly in: 'time' | 'payload' | 'call-id' | 'correlation-id' | 'agent'
      readonly homer: Sighting
      readonly calliope: Sighting
    }

/** Sums over all that was compared. */
export interface ComparisonCounts {
  homer: number
  calliope: number
  same: number
  /** By kind of finding. */
  readonly findings: Map<string, number>
}

export interface ComparisonOptions {
  /** @default 5 minutes */
  readonly patienceUs?: number
  /** @default 200000 */
  readonly waitingMax?: number
  readonly onFinding: (finding: Finding) => void
}

const PATIENCE_US = 300e6
const WAITING_MAX = 200_000

type Waiting = Readonly<Record<Side, Map<string, Sighting[]>>>

export class Comparison {
  readonly counts: ComparisonCounts = { homer: 0, calliope: 0, same: 0, findings: new Map() }
  readonly #options: ComparisonOptions
  /** Not found by the strict look, under the key of the lenient ones. */
  readonly #byPayload: Waiting = { homer: new Map(), calliope: new Map() }
  #waiting = 0

  constructor(options: ComparisonOptions) {
    this.#options = options
  }

  /** All messages of one stretch of time, of both. */
  add(homer: readonly Sighting[], calliope: readonly Sighting[], toUs: number): void {
    this.counts.homer += homer.length
    this.counts.calliope += calliope.length
    const theirs = groupBy(homer, strictKey)
    const left: Sighting[] = []
    for (const ours of calliope) {
      const twin = takeFrom(theirs, strictKey(ours))
      if (twin) this.#same(twin, ours)
      else left.push(ours)
    }
    this.#pairChanged([...theirs.values()].flat(), left)
    const { patienceUs = PATIENCE_US } = this.#options
    this.#giveUp(toUs - patienceUs)
  }

  /** Nothing more comes: what waits is missing. */
  finish(): void {
    this.#giveUp(Number.POSITIVE_INFINITY)
  }

  #same(homer: Sighting, calliope: Sighting): void {
    const differ = (
      [
        ['call-id', homer.callId !== calliope.callId],
        ['correlation-id', homer.correlationId !== calliope.correlationId],
        ['agent', homer.node !== calliope.node],
      ] as const
    ).filter(([, differs]) => differs)
    if (differ.length === 0) this.counts.same += 1
    for (const [field] of differ) this.#tell({ kind: 'differs', in: field, homer, calliope })
  }

  #pairChanged(homer: readonly Sighting[], calliope: readonly Sighting[]): void {
    const theirs = groupBy(homer, placeKey)
    for (const ours of calliope) {
      const twin = takeFrom(theirs, placeKey(ours))
      if (twin) this.#tell({ kind: 'differs', in: 'payload', homer: twin, calliope: ours })
      else this.#await('calliope', ours)
    }
    for (const row of [...theirs.values()].flat()) this.#await('homer', row)
  }

  #await(side: Side, seen: Sighting): void {
    const other = side === 'homer' ? 'calliope' : 'homer'
    const key = payloadKey(seen)
    const twin = takeFrom(this.#byPayload[other], key)
    if (twin) {
      this.#waiting -= 1
      const [homer, calliope] = side === 'homer' ? [seen, twin] : [twin, seen]
      this.#tell({ kind: 'differs', in: 'time', homer, calliope })
      return
    }
    const list = this.#byPayload[side].get(key)
    if (list) list.push(seen)
    else this.#byPayload[side].set(key, [seen])
    this.#waiting += 1
  }

  // Maps keep the order of insertion, which is that of time.
  #giveUp(beforeUs: number): void {
    const { waitingMax = WAITING_MAX } = this.#options
    for (const side of ['homer', 'calliope'] as const) {
      for (const [key, list] of this.#byPayload[side]) {
        const isOld = list.every(({ atUs }) => atUs < beforeUs)
        if (!isOld && this.#waiting <= waitingMax) continue
        this.#byPayload[side].delete(key)
        this.#waiting -= list.length
        for (const seen of list) this.#miss(side, seen)
      }
    }
  }

  #miss(side: Side, seen: Sighting): void {
    const lacking = side === 'homer' ? 'calliope' : 'homer'
    this.#tell({ kind: 'missing', in: lacking, seen, cause: causeOfMissing(lacking, seen) })
  }

  #tell(finding: Finding): void {
    const { findings } = this.counts
    const name = nameOf(finding)
    findings.set(name, (findings.get(name) ?? 0) + 1)
    this.#options.onFinding(finding)
  }
}

const NAMES = { homer: 'heplify-server', calliope: 'Calliope' } as const

/** What people are shown, and counts go by. */
export const nameOf = (finding: Finding): string =>
  finding.kind === 'missing'
    ? `missing in ${NAMES[finding.in]}: ${finding.cause}`
    : `${finding.in} differs`

const strictKey = ({ hepType, atUs, src, dst, digest }: Sighting): string =>
  `${hepType} ${atUs} ${src} ${dst} ${digest}`
const placeKey = ({ hepType, atUs, src, dst }: Sighting): string =>
  `${hepType} ${atUs} ${src} ${dst}`
const payloadKey = ({ hepType, src, dst, digest }: Sighting): string =>
  `${hepType} ${src} ${dst} ${digest}`

function groupBy(sightings: readonly Sighting[], keyOf: (of: Sighting) => string) {
  const groups = new Map<string, Sighting[]>()
  for (const sighting of sightings) {
    const key = keyOf(sighting)
    const group = groups.get(key)
    if (group) group.push(sighting)
    else groups.set(key, [sighting])
  }
  return groups
}

function takeFrom(groups: Map<string, Sighting[]>, key: string): Sighting | undefined {
  const group = groups.get(key)
  const first = group?.shift()
  if (group?.length === 0) groups.delete(key)
  return first
}
