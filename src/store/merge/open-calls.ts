// Calls whose segments are being put together while a partition is read in the order it was written. A
// call is given out when it has been quiet for a while, by the times of the messages; when too much
// is held, those that ended or have been quiet longest go, even if something may still come: then
// the call keeps two rows instead of one, and nothing is lost.
import { joinSegments, type MergedSegment } from './merged-segment.ts'

/** A call that was quiet this long seldom goes on within the time of a partition. */
const QUIET_US = 120_000_000
/** Room is made down to this share of the limit. */
const ROOM_SHARE = 0.75
/** As of any row: write/call-groups.ts. */
const MESSAGES_MAX = 2_000
const BYTES_MAX = 1024 * 1024
/** What a message takes in memory beside its payload; measured. */
const MESSAGE_BYTES = 400

export class OpenCalls {
  readonly #calls = new Map<string, MergedSegment>()
  readonly #bytesMax: number
  #bytes = 0
  #nowUs = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Takes in a segment; gives out what may not grow any further. */
  add(segment: MergedSegment): MergedSegment | undefined {
    const { callId, protocol, state } = segment.fields
    this.#nowUs = Math.max(this.#nowUs, state.lastUs)
    const key = `${protocol} ${callId}`
    const open = this.#calls.get(key)
    this.#bytes += sizeOf(segment)
    if (open === undefined) {
      this.#calls.set(key, segment)
      return undefined
    }
    if (!fit(open, segment)) {
      this.#bytes -= sizeOf(open)
      this.#calls.set(key, segment)
      return open
    }
    this.#calls.set(key, joinSegments(open, segment))
    return undefined
  }

  /** Calls that have gone quiet, and those that must make room; by when they began. */
  takeFinished(): MergedSegment[] {
    const taken: MergedSegment[] = []
    for (const [key, call] of this.#calls) {
      if (this.#nowUs - call.fields.state.lastUs >= QUIET_US) taken.push(this.#take(key, call))
    }
    if (this.#bytes > this.#bytesMax) this.#makeRoom(taken)
    return taken.sort(byStart)
  }

  takeAll(): MergedSegment[] {
    return [...this.#calls].map(([key, call]) => this.#take(key, call)).sort(byStart)
  }

  #makeRoom(taken: MergedSegment[]): void {
    const oldest = [...this.#calls].sort(
      ([, a], [, b]) =>
        Number(hasEnded(b)) - Number(hasEnded(a)) || a.fields.state.lastUs - b.fields.state.lastUs,
    )
    for (const [key, call] of oldest) {
      if (this.#bytes <= this.#bytesMax * ROOM_SHARE) return
      taken.push(this.#take(key, call))
    }
  }

  #take(key: string, call: MergedSegment): MergedSegment {
    this.#calls.delete(key)
    this.#bytes -= sizeOf(call)
    return call
  }
}

function fit(a: MergedSegment, b: MergedSegment): boolean {
  return (
    a.messages.length + b.messages.length <= MESSAGES_MAX &&
    a.fields.payloadBytes + b.fields.payloadBytes <= BYTES_MAX
  )
}

function hasEnded({ fields: { state } }: MergedSegment): boolean {
  return state.byeUs !== undefined || state.failureUs !== undefined
}

function sizeOf({ fields, messages }: MergedSegment): number {
  return fields.payloadBytes + messages.length * MESSAGE_BYTES
}

function byStart(a: MergedSegment, b: MergedSegment): number {
  return a.fields.state.firstUs - b.fields.state.firstUs
}
