// The journal of a migration: what was copied, what is under way, and where to go on. A line of JSON for
// each thing that happens, a batch's on the disk before it goes, so that after a kill -9 or a power failure the same
// rows go under the same numbers, which the target takes once (docs/decisions/0016 is the other half).
//
//   ["open",1,SOURCE,UNTIL]                               format, the database it speaks of, --until
//   ["run",STREAM]                                        each start; batches cut below are of this stream
//   ["round",PART,oid,fileNode,lo,hi,rows,bytes]          rows of the part with lo < id <= hi
//   ["cut",NUMBER,PART,from,to,rows,frames]               a batch: the rows behind one place up to another
//   ["done",NUMBER,taken,rejected]                        the target has it
//   ["end",PART,gone]                                     nothing more to cut of the round; rows that had gone
//   ["lost",NUMBER]                                       of a batch: its rows have gone, and nobody knows more
//
// A torn last line never happened. Grows by about 200 bytes for each MiB copied.
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { MigrateError } from './migrate-error.ts'

const FORMAT = 1
/** Behind every row. */
export const LAST_ID = '9223372036854775807'

/** How far a part is. */
export interface Round {
  readonly oid: number
  readonly fileNode: number
  readonly lo: string
  readonly hi: string
  /** Counted when it began. */
  readonly rows: number
  /** Size of the part then. */
  readonly bytes: number
  /** Rows cut so far, and where. */
  cut: number
  place: string | undefined
  ended: boolean
}

/** Rows on their way to the target under a number. */
export interface Parcel {
  readonly stream: string
  readonly number: number
  readonly part: string
  /** Behind this place; undefined: from the part's beginning. */
  readonly from: string | undefined
  readonly to: string
  readonly rows: number
  readonly frames: number
}

/** Sums over all runs. */
export interface MigrateCounts {
  /** Rows of the source that were read. */
  rows: number
  /** Frames the target has. */
  taken: number
  rejected: number
  /** Rows that were counted and then were not there: dropped by the rotation. */
  gone: number
}

export class MigrateJournal implements Disposable {
  readonly stream: string = crypto.randomUUID()
  readonly rounds = new Map<string, Round>()
  readonly pending = new Map<number, Parcel>()
  readonly counts: MigrateCounts = { rows: 0, taken: 0, rejected: 0, gone: 0 }
  readonly #path: string
  readonly #fd: number
  #next = 1
  #run = ''
  #bytes = 0

  /** Throws MigrateError when it is of something else, or in use. */
  constructor(path: string, source: string, untilMs: number | undefined) {
    this.#path = path
    lock(path)
    try {
      this.#read(source, untilMs)
      this.#fd = openSync(path, 'a', 0o640)
      ftruncateSync(this.#fd, this.#bytes) // a torn last line would spoil the next one
      if (this.#bytes === 0) this.#write(['open', FORMAT, source, untilMs ?? null])
      this.#add(['run', this.stream])
    } catch (error) {
      unlock(path)
      throw error
    }
  }

  /** No batch of a stream has a lower number and may still come. */
  floorOf(stream: string): number {
    const numbers = [...this.pending.values()].flatMap((parcel) =>
      parcel.stream === stream ? [parcel.number] : [],
    )
    return Math.min(this.#next, ...numbers)
  }

  begin(part: string, { oid, fileNode, lo, hi, rows, bytes }: Round): Round {
    this.#note(['round', part, oid, fileNode, lo, hi, rows, bytes])
    return this.rounds.get(part)!
  }

  cut(part: string, from: string | undefined, to: string, rows: number, frames: number): Parcel {
    const number = this.#next
    this.#add(['cut', number, part, from ?? null, to, rows, frames])
    return this.pending.get(number)!
  }

  done({ number }: Parcel, taken: number, rejected: number): void {
    this.#note(['done', number, taken, rejected])
  }

  end(part: string, gone: number): void {
    this.#note(['end', part, gone])
  }

  lose({ number }: Parcel): void {
    this.#add(['lost', number])
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
    unlock(this.#path)
  }

  /** On the disk, with all lines before it, and then in force. */
  #add(line: readonly unknown[]): void {
    this.#write(line)
    fdatasyncSync(this.#fd)
    this.#apply(line)
  }

  /** Would only be found out again, should a power failure take it. */
  #note(line: readonly unknown[]): void {
    this.#write(line)
    this.#apply(line)
  }

  #write(line: readonly unknown[]): void {
    writeSync(this.#fd, `${JSON.stringify(line)}\n`)
  }

  #read(source: string, untilMs: number | undefined): void {
    const text = readIfThere(this.#path)
    if (text === undefined) return
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole === '') return
    this.#bytes = Buffer.byteLength(whole)
    const lines = whole.split('\n')
    const [kind, format, wasSource, wasUntil] = parse(lines[0]!)
    if (kind !== 'open' || format !== FORMAT)
      throw notOurs(this.#path, 'it is no journal of this version')
    if (wasSource !== source)
      throw notOurs(this.#path, `it speaks of ${wasSource}, not of ${source}`)
    if (wasUntil !== (untilMs ?? null))
      throw notOurs(this.#path, `it was begun with --until ${timeOrNone(wasUntil)}`)
    for (const line of lines.slice(1, -1)) this.#apply(parse(line))
  }

  // One fold over the lines is the whole state, so that what is read back is what was in force.
  #apply(line: readonly unknown[]): void {
    const [kind, a, b, c, d, e, f, g] = line as [string, ...never[]]
    if (kind === 'run') this.#run = a!
    else if (kind === 'round')
      this.rounds.set(a!, {
        ...{ oid: b!, fileNode: c!, lo: d!, hi: e!, rows: f!, bytes: g! },
        ...{ cut: 0, place: undefined, ended: false },
      })
    else if (kind === 'cut') this.#cut(a!, b!, c ?? undefined, d!, e!, f!)
    else if (kind === 'done') this.#done(a!, b!, c!)
    else if (kind === 'lost') this.#lose(a!)
    else if (kind === 'end') {
      const round = this.rounds.get(a!)
      if (round) round.ended = true
      this.counts.gone += b!
    }
  }

  #cut(
    number: number,
    part: string,
    from: string | undefined,
    to: string,
    rows: number,
    frames: number,
  ): void {
    this.#next = number + 1
    this.pending.set(number, { stream: this.#run, number, part, from, to, rows, frames })
    const round = this.rounds.get(part)
    if (round) Object.assign(round, { place: to, cut: round.cut + rows })
    this.counts.rows += rows
  }

  #lose(number: number): void {
    this.counts.gone += this.pending.get(number)?.rows ?? 0
    this.pending.delete(number)
  }

  #done(number: number, taken: number, rejected: number): void {
    if (!this.pending.delete(number)) return
    this.counts.taken += taken
    this.counts.rejected += rejected
  }
}

const notOurs = (path: string, why: string): MigrateError =>
  new MigrateError(
    'MIGRATE_JOURNAL',
    `The journal ${path} cannot be gone on with: ${why}.`,
    'Give the same source and --until as before, or another --journal for another migration.',
  )

const timeOrNone = (ms: unknown): string =>
  typeof ms === 'number' ? new Date(ms).toISOString() : '(none)'

function parse(line: string): unknown[] {
  try {
    const fields: unknown = JSON.parse(line)
    return Array.isArray(fields) ? fields : []
  } catch {
    return []
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8') || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

// Two at once would cut the same rows under different numbers.
function lock(path: string): void {
  const holder = Number(readIfThere(`${path}.lock`) ?? 0)
  if (holder > 0 && isRunning(holder))
    throw notOurs(path, `process ${holder} is at it (${path}.lock)`)
  writeFileSync(`${path}.lock`, String(process.pid), { mode: 0o640 })
}

function unlock(path: string): void {
  try {
    unlinkSync(`${path}.lock`)
  } catch {
    // gone already
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
