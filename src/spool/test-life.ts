// A lane's life lived twice: by the real thing on real files, and by a list of batches. The batches in
// the files are found by the format document alone, with none of the spool's own code.
import { expect } from 'bun:test'
import { closeSync, openSync, readdirSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type LaneReader, openReader } from './lane-reader.ts'
import type { LaneWriter } from './lane-writer.ts'
import { openLane } from './open-lane.ts'
import type { Cursor } from './record.ts'
import { numberedFrame, numberOf } from './test-frames.ts'

export type Step =
  | { readonly do: 'append'; readonly count: number; readonly bytes: number }
  | { readonly do: 'quarantine' | 'flush' | 'close' | 'kill' }
  | { readonly do: 'cut' | 'flip'; readonly place: number }
  | { readonly do: 'read'; readonly who: 0 | 1; readonly bytesMax: number }
  | { readonly do: 'reopen'; readonly who: 0 | 1 }
  | { readonly do: 'release'; readonly who: 0 | 1 }

export const READERS = ['store', 'relay'] as const
/** One batch with frames or without, as the files have it. */
interface Batch {
  readonly file: number
  readonly begin: number
  readonly end: number
  readonly firstFrame: number
  readonly numbers: readonly number[]
  whole: boolean
}

/** What one reader has passed, and what it said on the way. */
class ReaderModel {
  reader: LaneReader
  cursor: Cursor | undefined
  passed = 0
  frames = 0
  lostFrames = 0
  setBackFrames = 0

  constructor(reader: LaneReader) {
    this.reader = reader
  }
}

/** One life of one lane, with two readers. */
export class Life {
  readonly #directory: string
  #writer: LaneWriter | undefined
  #batches: Batch[] = []
  #waiting: number[] = []
  #frames = 0
  #nextNumber = 0
  readonly #readers: ReaderModel[]
  readonly #released = new Map<string, Cursor>()

  constructor(directory: string) {
    this.#directory = directory
    this.#readers = READERS.map(() => new ReaderModel(openReader({ directory, lane: 'udp-0' })))
  }

  async live(step: Step): Promise<void> {
    if (step.do === 'append') this.#append(step.count, step.bytes)
    else if (step.do === 'quarantine') this.#quarantine()
    else if (step.do === 'flush') this.#open().flush()
    else if (step.do === 'close') await this.#close()
    else if (step.do === 'kill') this.#kill()
    else if (step.do === 'cut') this.#cut(step.place)
    else if (step.do === 'flip') this.#flip(step.place)
    else if (step.do === 'read') this.#read(this.#readers[step.who]!, step.bytesMax)
    else if (step.do === 'reopen') this.#reopen(this.#readers[step.who]!)
    else if (step.do === 'release') this.#release(step.who)
    this.#look()
  }

  /** Writes one more batch, so that damage at the end is told, and reads everything. */
  async end(): Promise<void> {
    this.#append(1, 10)
    await this.#close()
    this.#look()
    for (const model of this.#readers) {
      while (this.#read(model, 1_000)) {}
      expect(model.passed).toBe(this.#batches.length)
      model.reader.close()
    }
  }

  #open(): LaneWriter {
    if (this.#writer) return this.#writer
    this.#recover()
    this.#writer = openLane({
      directory: this.#directory,
      lane: 'udp-0',
      fileBytesMax: 4_000,
      flushBytes: 900,
      flushMs: 1e6,
      now: () => 0,
    })
    expect(this.#writer.ledger.appended).toBe(this.#frames)
    return this.#writer
  }

  #append(count: number, bytes: number): void {
    for (let i = 0; i < count; i++) {
      const writer = this.#open()
      expect(writer.append(numberedFrame(this.#nextNumber, bytes))).toBe('appended')
      this.#waiting.push(this.#nextNumber++)
      this.#look()
    }
  }

  #quarantine(): void {
    const refused = { reason: 'not_hep' as const, offset: 0, detail: 'made up' }
    this.#open().quarantine(numberedFrame(0), refused)
  }

  async #close(): Promise<void> {
    await this.#writer?.close()
    this.#look()
    this.#writer = undefined
  }

  // What was not written is gone, frames and counts together.
  #kill(): void {
    this.#writer = undefined
    this.#waiting = []
  }

  // Only what is not being written loses its end: a power failure stops the writer as well.
  #cut(place: number): void {
    this.#kill()
    const last = this.#lastFile()
    if (!last) return
    const size = Math.floor(place * (last.bytes.length + 1))
    truncateSync(last.path, size)
    this.#batches = this.#batches.filter((b) => b.file !== last.file || b.end <= size)
    this.#correctPassed()
  }

  #flip(place: number): void {
    const batch = this.#batches[Math.floor(place * this.#batches.length)]
    if (!batch?.whole) return
    const file = this.#files().find(({ file }) => file === batch.file)
    if (!file) return
    const at = batch.begin + Math.floor(((place * 7_919) % 1) * (batch.end - batch.begin))
    const fd = openSync(file.path, 'r+')
    writeSync(fd, Buffer.from([file.bytes[at]! ^ 0x10]), 0, 1, at)
    closeSync(fd)
    batch.whole = false
  }

  // Opening cuts what is not whole off the end of the last file, and the index goes back with it,
  // but never behind a place a reader was seen to pass.
  #recover(): void {
    const last = this.#lastFile()?.file
    while (this.#batches.at(-1)?.file === last && this.#batches.at(-1)?.whole === false)
      this.#batches.pop()
    this.#correctPassed()
    const newest = this.#batches.findLast((batch) => batch.whole)
    const passed = [...this.#released.values()].map((cursor) => cursor.records)
    const end = newest ? newest.firstFrame + newest.numbers.length : 0
    this.#frames = Math.max(end, ...passed)
  }

  #correctPassed(): void {
    for (const model of this.#readers) model.passed = Math.min(model.passed, this.#batches.length)
  }

  #read(model: ReaderModel, bytesMax: number): boolean {
    const chunk = model.reader.read({ bytesMax })
    if (!chunk) return false
    const frames = chunk.records.filter((record) => record.kind === 'frame')
    const lost = chunk.losses.filter((loss) => loss.kind !== 'set-back')
    model.lostFrames += lost.reduce((sum, loss) => sum + loss.frames, 0)
    model.setBackFrames += chunk.losses
      .filter((loss) => loss.kind === 'set-back')
      .reduce((sum, loss) => sum + loss.frames, 0)
    expect(chunk.lostFrames).toBe(lost.reduce((sum, loss) => sum + loss.frames, 0))
    this.#compare(model, frames.map(numberOf), chunk.next)
    model.cursor = chunk.next
    return true
  }

  // Steps the model over the batches the chunk must have come from.
  #compare(model: ReaderModel, numbers: readonly number[], next: Cursor): void {
    const wanted: number[] = []
    let lost = 0
    let setBack = 0
    for (;;) {
      const batch = this.#batches[model.passed]
      if (!batch || batch.file > next.file || (batch.file === next.file && batch.end > next.offset))
        break
      model.passed++
      if (!batch.whole) continue
      const gap = batch.firstFrame - model.frames
      if (gap > 0) lost += gap
      else setBack -= gap
      wanted.push(...batch.numbers)
      model.frames = batch.firstFrame + batch.numbers.length
    }
    expect(numbers).toEqual(wanted)
    expect(next.records).toBe(model.frames)
    expect({ lost: model.lostFrames, setBack: model.setBackFrames }).toEqual({ lost, setBack })
    model.lostFrames = 0
    model.setBackFrames = 0
  }

  #reopen(model: ReaderModel): void {
    model.reader.close()
    const from = model.cursor ?? { file: 0, offset: 0, records: 0 }
    model.reader = openReader({ directory: this.#directory, lane: 'udp-0', from })
  }

  #release(who: 0 | 1): void {
    const { reader, cursor } = this.#readers[who]!
    if (!cursor) return
    reader.release(READERS[who], cursor)
    this.#released.set(READERS[who], cursor)
    const slowest = Math.min(...READERS.map((name) => this.#released.get(name)?.file ?? 0))
    const files = this.#files().map(({ file }) => file)
    for (const file of files.slice(0, -1)) expect(file).toBeGreaterThanOrEqual(slowest)
    for (const { file } of this.#batches) if (file >= slowest) expect(files).toContain(file)
  }

  // Takes the batches that appeared in the files since the last look into the model.
  #look(): void {
    if (!this.#writer) return
    for (const { file, bytes } of this.#files()) {
      const known = this.#batches.findLast((batch) => batch.file === file)
      for (let at = known?.end ?? 0; at < bytes.length; at = this.#take(file, bytes, at)) {}
    }
    const { received, appended, rejected } = this.#writer.ledger.counts()
    expect(appended).toBe(this.#frames + this.#waiting.length)
    expect(received).toBe(appended + (rejected.not_hep ?? 0))
  }

  #take(file: number, bytes: Buffer, begin: number): number {
    if (this.#batches.some((batch) => batch.file > file)) throw new Error('an old file grew')
    const end = begin + bytes.readUInt32LE(begin + 28)
    const frames = bytes.readUInt32LE(begin + 36)
    const firstFrame = bytes.readDoubleLE(begin + 40)
    expect(firstFrame).toBe(this.#frames)
    const numbers = this.#waiting.splice(0, frames)
    this.#batches.push({ file, begin, end, firstFrame, numbers, whole: true })
    this.#frames += frames
    return end
  }

  #lastFile() {
    return this.#files().at(-1)
  }

  #files() {
    const laneDir = join(this.#directory, 'udp-0')
    const names = this.#laneNames(laneDir).filter((name) => name.endsWith('.spool'))
    return names.sort().map((name) => {
      const path = join(laneDir, name)
      return { file: Number.parseInt(name, 10), path, bytes: readFileSync(path) }
    })
  }

  #laneNames(laneDir: string): string[] {
    try {
      return readdirSync(laneDir)
    } catch {
      return []
    }
  }
}
