// Which of several targets a call goes to: rendezvous hashing. Every pair of call and target has a
// score; the target with the highest takes the call. When a target goes, only its calls move, to all
// others evenly; when one comes, it takes its share from all others, and no other call moves.
//
// Scores are not worked out for each frame but for 4,096 slots, when the targets change:
//
//   call ─key─▶ slot = key mod 4,096 ─table─▶ target      4 targets: the fullest has about 1.05 of the mean
//
// Relays that know the same targets agree, without talking to each other.
import { keyOfName, mix } from './spread-key.ts'

export const SLOTS = 4_096

/** Targets and who takes which slot. */
export class SpreadTable {
  readonly targets: readonly string[]
  readonly #owner = new Uint16Array(SLOTS)

  constructor(targets: readonly string[]) {
    this.targets = targets
    const keys = targets.map(keyOfName)
    for (let slot = 0; slot < SLOTS; slot++) this.#owner[slot] = highest(keys, mix(slot + 1))
  }

  /** Place in `targets` of the one that takes the key; there must be a target. */
  placeOf(key: number): number {
    return this.#owner[key & (SLOTS - 1)]!
  }

  /** The target that takes the key. */
  targetOf(key: number): string {
    return this.targets[this.placeOf(key)]!
  }
}

function highest(keys: readonly number[], slotKey: number): number {
  let best = 0
  let bestScore = -1
  for (let i = 0; i < keys.length; i++) {
    const score = mix(keys[i]! ^ slotKey)
    if (score <= bestScore) continue
    best = i
    bestScore = score
  }
  return best
}
