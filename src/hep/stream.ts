// HEP over TCP and TLS: frames out of a stream of bytes, however it was cut.
//
//   … frame | frame | damaged bytes | frame | fra  ← the next push goes on here
//
// Where 'HEP3' stands is a candidate. It is dropped as soon as its length or the lengths of its
// chunks cannot be true; then the search for 'HEP3' goes on four bytes later, so every whole frame
// inside the damage is found. A frame that is whole but breaks another rule (check.ts) is a fault
// too, and the next frame begins behind it.
//
// The same bytes give the same frames and faults whatever the cuts. Work per byte is bounded, since
// a candidate is given up after CHUNKS_MAX steps. Memory is bounded: an unfinished candidate (at
// most 65,535 bytes, kept in a buffer of at most twice that) and the start of the skipped bytes.
// Only version 3 says how long it is; versions 1 and 2 and gzip are faults here.
import { checkChunks, checkHep, lengthsHold } from './check.ts'
import { HEAD_BYTES, MAGIC, magicAt, u16 } from './chunks.ts'
import { malformed } from './fault.ts'
import { HeldBytes } from './held-bytes.ts'
import type { MalformedHep } from './packet.ts'
import { SkippedRun } from './skipped-run.ts'

export interface HepStreamHandlers {
  /** A frame that passed checkHep. Never overwritten: a view into the chunk, or a copy. */
  readonly onFrame: (frame: Buffer) => void
  /**
   * A whole frame with a fault, or the first SKIPPED_KEPT_BYTES of `skippedBytes` that are none; the
   * fault's offset counts from their start. The bytes may hold a key: see blankAuthKey.
   */
  readonly onFault: (fault: MalformedHep, bytes: Buffer, skippedBytes: number) => void
}

/** Cuts a byte stream into checked HEP frames and reports what lies between them. */
export class HepStream {
  readonly #handlers: HepStreamHandlers
  readonly #held = new HeldBytes()
  readonly #skipped: SkippedRun
  #faults = 0
  #stopped = false

  constructor(handlers: HepStreamHandlers) {
    this.#handlers = handlers
    this.#skipped = new SkippedRun((fault, bytes, count) => this.#report(fault, bytes, count))
  }

  /** Faults reported so far: the caller's error budget counts these. */
  get faults(): number {
    return this.#faults
  }

  /** Bytes of an unfinished frame that wait for the rest. */
  get pendingBytes(): number {
    return this.#held.length
  }

  /** Takes the next bytes and calls the handlers for all that is complete. */
  push(chunk: Buffer): void {
    let at = 0
    // An unfinished candidate takes only the bytes it lacks, so that what follows stays in place.
    while (this.#held.length > 0 && at < chunk.length && !this.#stopped) {
      const end = Math.min(chunk.length, at + lacking(this.#held.view))
      this.#held.append(chunk.subarray(at, end))
      at = end
      this.#held.consume(this.#scan(this.#held.view, true))
    }
    if (at >= chunk.length || this.#stopped) return
    const rest = at === 0 ? chunk : chunk.subarray(at)
    const used = this.#scan(rest, false)
    if (used < rest.length) this.#held.append(rest.subarray(used))
  }

  /** The stream has ended: what is unfinished is a fault, unless whole frames hide in it. */
  end(): void {
    while (this.#held.length > 0 && !this.#stopped) {
      const view = this.#held.view
      const used = Math.min(view.length, MAGIC.length)
      if (magicAt(view, 0)) this.#skipped.begin(cutShort(view))
      this.#skipped.add(view, 0, used)
      this.#held.consume(used)
      this.#held.consume(this.#scan(this.#held.view, true))
    }
    this.#skipped.flush()
  }

  /** Ignores everything from now on: for a caller whose error budget is spent. */
  stop(): void {
    this.#stopped = true
    this.#held.clear()
  }

  #report(fault: MalformedHep, bytes: Buffer, skippedBytes: number): void {
    this.#faults++
    this.#handlers.onFault(fault, bytes, skippedBytes)
  }

  /** Handles everything in `data` but an unfinished candidate at its end; returns its offset. */
  #scan(data: Buffer, copy: boolean): number {
    let at = 0
    while (at < data.length && !this.#stopped) {
      const next = magicAt(data, at) ? this.#candidate(data, at, copy) : this.#passOver(data, at)
      if (next === at) break
      at = next
    }
    return this.#stopped ? data.length : at
  }

  /** 'HEP3' stands at `at`: the offset to go on from, `at` itself to wait for more. */
  #candidate(data: Buffer, at: number, copy: boolean): number {
    this.#skipped.flush()
    if (this.#stopped || data.length - at < HEAD_BYTES) return at
    const total = u16(data, at + 4)
    const frame = data.subarray(at, Math.min(data.length, at + total))
    const whole = total >= HEAD_BYTES && frame.length === total
    const fault = total < HEAD_BYTES ? badTotal(total) : whole ? checkHep(frame) : undefined
    if (whole && fault === undefined) {
      this.#handlers.onFrame(copy ? Buffer.from(frame) : frame)
      return at + total
    }
    if (whole && lengthsHold(frame, total)) {
      this.#report(fault!, Buffer.from(frame), total)
      return at + total
    }
    return this.#giveUp(data, at, fault ?? brokenFraming(frame, total))
  }

  // Skips the magic of a false candidate; the search behind it adds the rest to the same run.
  #giveUp(data: Buffer, at: number, fault: MalformedHep | undefined): number {
    if (fault === undefined) return at
    this.#skipped.begin(fault)
    this.#skipped.add(data, at, at + MAGIC.length)
    return at + MAGIC.length
  }

  /** No 'HEP3' at `at`: skips to the next one, or to what may be its beginning. */
  #passOver(data: Buffer, at: number): number {
    const found = data.indexOf(MAGIC, at)
    const next = found >= 0 ? found : data.length - magicPrefixAtEnd(data, at)
    this.#skipped.add(data, at, next)
    return next
  }
}

/** Bytes the candidate at the start of `held` lacks for the next decision. */
function lacking(held: Buffer): number {
  if (held.length < HEAD_BYTES) return HEAD_BYTES - held.length
  return u16(held, 4) - held.length
}

// A fault in an unfinished frame counts only when the lengths cannot be true; any other is found
// again when the frame is whole, and then costs only that frame.
const brokenFraming = (frame: Buffer, total: number): MalformedHep | undefined =>
  lengthsHold(frame, total) ? undefined : checkChunks(frame, total)

const badTotal = (total: number): MalformedHep =>
  malformed('length_mismatch', 4, `The length field says ${total} bytes, fewer than a header has.`)

const cutShort = (held: Buffer): MalformedHep => {
  const says = held.length < HEAD_BYTES ? '' : `, the frame says ${u16(held, 4)}`
  const detail = `The stream ended inside a frame: ${held.length} bytes came${says}.`
  return malformed('truncated', held.length, detail)
}

function magicPrefixAtEnd(data: Buffer, from: number): number {
  for (let bytes = Math.min(3, data.length - from); bytes > 0; bytes--) {
    if (data.compare(MAGIC, 0, bytes, data.length - bytes) === 0) return bytes
  }
  return 0
}
