// A stretch of a lane on its way to one destination. Its bytes are in memory while somebody is sending
// them; what has to wait for long is let go of and read again: the spool has it.
//
//   lane   … │ cargo │ cargo │ cargo │ unread …          each the frames between two cursors
//
// Buffers come from a pool that bounds the memory of a destination. Reading again may go beyond it, by
// as much as is being sent at once.
import { type Chunk, type Cursor, openReader } from '#spool'
import type { FrameWalk } from './outlet.ts'

/** Where in the spool a cargo lies. */
export interface Place {
  readonly lane: string
  readonly from: Cursor
  readonly next: Cursor
  readonly frames: number
}

/** Which frames of a cargo a parcel has, a bit each; undefined = all of them. */
export type Picks = Uint8Array | undefined

export class Cargo {
  readonly place: Place
  /** When its first frame reached the relay, as far as known, µs since 1970. */
  readonly oldestUs: number
  readonly #directory: string
  readonly #pool: BufferPool
  #chunk: Chunk | undefined
  #buffer: Buffer | undefined
  #holders = 0

  /** `chunk` was read into `buffer`; without them it is read when asked for. */
  constructor(directory: string, place: Place, pool: BufferPool, chunk?: Chunk, buffer?: Buffer) {
    this.#directory = directory
    this.place = place
    this.#pool = pool
    this.#chunk = chunk
    this.#buffer = buffer
    const first = chunk?.walk()
    this.oldestUs = first?.next() ? first.receivedUs : Date.now() * 1_000
  }

  /** Keeps the bytes in memory until `letGo`, as often as it was called. */
  hold(): void {
    this.#holders++
    this.#chunk ??= this.#readAgain()
  }

  letGo(): void {
    if (--this.#holders > 0) return
    if (this.#buffer) this.#pool.give(this.#buffer)
    this.#chunk = undefined
    this.#buffer = undefined
  }

  /** Goes over picked frames; `hold` first. */
  walk(picks: Picks): FrameWalk {
    const { frames, next: behind } = this.place
    // What was lost of the stretch lay before its frames.
    const first = behind.records - frames
    const walk = Object.assign(this.#chunk!.walk(), { number: 0 })
    let index = -1
    const next = walk.next.bind(walk)
    // Frames only, and of a place read again not what was written behind it since.
    walk.next = () => {
      while (next()) {
        if (walk.kind !== 'frame') continue
        if (++index >= frames) return false
        walk.number = first + index
        if (picks === undefined || isPicked(picks, index)) return true
      }
      return false
    }
    return walk
  }

  /** False when frames that were there cannot be read any more. */
  get isWhole(): boolean {
    return (this.#chunk?.frames ?? 0) >= this.place.frames
  }

  #readAgain(): Chunk | undefined {
    const { lane, from, next } = this.place
    const start = from.file === next.file ? from : { ...from, file: next.file, offset: 0 }
    const reader = openReader({ directory: this.#directory, lane, from: start })
    try {
      return reader.read({ bytesMax: next.offset - start.offset })
    } finally {
      reader.close()
    }
  }
}

export const isPicked = (picks: Uint8Array, index: number): boolean =>
  (picks[index >> 3]! & (1 << (index & 7))) !== 0

export const pick = (picks: Uint8Array, index: number): void => {
  picks[index >> 3]! |= 1 << (index & 7)
}

/** Room for cargo, so many buffers of one size. */
export class BufferPool {
  readonly bufferBytes: number
  readonly #buffersMax: number
  readonly #free: Buffer[] = []
  #made = 0
  #waiting: (() => void) | undefined

  constructor(bufferBytes: number, buffersMax: number) {
    this.bufferBytes = bufferBytes
    this.#buffersMax = buffersMax
  }

  /** Memory in use. */
  get bytesHeld(): number {
    return (this.#made - this.#free.length) * this.bufferBytes
  }

  /** A buffer; undefined when all are in use. */
  take(): Buffer | undefined {
    const free = this.#free.pop()
    if (free || this.#made >= this.#buffersMax) return free
    this.#made++
    return Buffer.allocUnsafeSlow(this.bufferBytes)
  }

  give(buffer: Buffer): void {
    this.#free.push(buffer)
    this.#waiting?.()
  }

  /** Resolves when a buffer may be free; one caller at a time. */
  whenFree(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }
}
