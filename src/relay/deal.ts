// Deals the frames of a cargo, or of one parcel that came back, among the targets of a table: one parcel
// for each target that takes any.
import { type Cargo, type Picks, pick } from './cargo.ts'
import type { Deal } from './journal-state.ts'
import { spreadKeyOf } from './spread-key.ts'
import type { SpreadTable } from './spread-table.ts'

export interface DealOptions {
  /** Which frames of the cargo. @default all */
  readonly picks?: Picks
  /** Without so many of the first of them. @default 0 */
  readonly skip?: number
}

/** The parcels, numbered from `number` on. The cargo must be held. */
export function dealCargo(
  cargo: Cargo,
  table: SpreadTable,
  number: number,
  { picks, skip = 0 }: DealOptions = {},
): Deal {
  const { targets } = table
  const { frames } = cargo.place
  if (targets.length === 1 && picks === undefined && skip === 0)
    return [{ number, target: targets[0]!, picks: undefined, frames }]
  const shares = targets.map(() => ({ picks: new Uint8Array((frames + 7) >> 3), frames: 0 }))
  const walk = cargo.walk(picks)
  const indexes = indexesOf(picks, frames)
  for (let n = 0; walk.next(); n++) {
    const index = indexes ? indexes[n]! : n
    if (n < skip) continue
    const share = shares[placeOf(table, walk)]!
    pick(share.picks, index)
    share.frames++
  }
  return shares
    .map((share, place) => ({ ...share, target: targets[place]! }))
    .filter(({ frames }) => frames > 0)
    .map((share, i) => ({ ...share, number: number + i }))
}

interface Frame {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  readonly receivedUs: number
}

const placeOf = (table: SpreadTable, { bytes, from, to, receivedUs }: Frame): number =>
  table.targets.length === 1 ? 0 : table.placeOf(spreadKeyOf(bytes, from, to, receivedUs))

/** The numbers of the picked frames, in order; undefined = every frame has its own. */
function indexesOf(picks: Picks, frames: number): number[] | undefined {
  if (picks === undefined) return undefined
  const indexes: number[] = []
  for (let i = 0; i < frames; i++) if (picks[i >> 3]! & (1 << (i & 7))) indexes.push(i)
  return indexes
}
