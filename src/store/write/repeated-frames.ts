// Finds frames that an agent sends twice (two destinations that lead to us, a body posted again) by
// what costs next to nothing: the agent's microsecond and the frame's length. A table of the last
// few thousand frames, one slot each by time; who comes later takes the slot. Retransmissions are
// messages of their own, mirrored at times of their own. Two taps may meet in a microsecond and a
// length once in many thousand messages: this is for advice, nothing is dropped for it.

const SLOTS = 4_096

export class RepeatedFrames {
  readonly #times = new Float64Array(SLOTS)
  readonly #lengths = new Uint32Array(SLOTS)

  /** Whether a frame of that time and length was seen lately; remembers this one. */
  isRepeat(agentUs: number, length: number): boolean {
    // As agentUs % SLOTS, which is ten times as slow for numbers of this size.
    const slot = agentUs - Math.floor(agentUs / SLOTS) * SLOTS
    if (this.#times[slot] === agentUs && this.#lengths[slot] === length) return true
    this.#times[slot] = agentUs
    this.#lengths[slot] = length
    return false
  }
}
