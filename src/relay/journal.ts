// A destination's journal: DIR/NAME.journal, a line of JSON for each thing that happens to a parcel,
// written before it is sent and after it is settled. It is the destination's cursor, its counts and its
// promise of exactly once: after a crash the same frames go under the same numbers to the same target.
//
//   ["open",1,SPOOL]                                 format, and the spool it speaks of
//   ["run",STREAM]                                   each start; parcels dealt below are of this stream
//   ["cut",LANE,from,next,frames,lost,parcels]       journal-state.ts says what these mean; a cursor is
//   ["deal",OF,outcome,parcels]                      [file,offset,records], a parcel [number,target,
//   ["done",NUMBER,outcome]                          frames,picks as base64 or 0 for all]
//   ["counts",outcome]  ["number",NEXT]              and where lanes are: what the lines before said,
//   ["lane",LANE,passed]                             when the file was written anew
//
// A torn last line never happened. A journal of another spool, or one that cannot be read, is put aside:
// then everything in the spool is carried (again). Written through the page cache: a kill -9 loses
// nothing, a power failure what was written last, so that what was under way may be carried twice.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { log } from '#log'
import type { Cursor } from '#spool'
import type { Picks } from './cargo.ts'
import { type Deal, JournalState, type Line } from './journal-state.ts'

const FORMAT = 1
const FILE_BYTES_MAX = 4 * 1024 * 1024

export class Journal {
  readonly state = new JournalState()
  /** The name of this run's parcels, never used before. */
  readonly stream: string = crypto.randomUUID()
  readonly #path: string
  readonly #spoolId: string
  #fd: number | undefined
  #bytes = 0
  #bytesMax = FILE_BYTES_MAX
  #isFailing = false

  constructor(path: string, spoolId: string) {
    this.#path = path
    this.#spoolId = spoolId
    mkdirSync(dirname(path), { recursive: true })
    this.#read()
    this.#rewrite()
  }

  /** Writes a line and applies it. */
  add(line: Line): void {
    this.state.apply(line, this.stream)
    this.#write(`${JSON.stringify(packed(line))}\n`)
    if (this.#bytes > this.#bytesMax) this.#rewrite()
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #write(text: string): void {
    if (this.#fd === undefined) return
    try {
      this.#bytes += writeSync(this.#fd, text)
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing)
        log.error(
          { room: 'relay', file: this.#path, err: error },
          'the journal cannot be written: after a crash now, frames would be carried twice',
        )
      this.#isFailing = true
    }
  }

  #read(): void {
    const text = readIfThere(this.#path)
    if (text === undefined) return
    const lines = text.split('\n')
    let stream = ''
    const [open, format, spool] = parse(lines[0]!) ?? []
    if (open !== 'open' || format !== FORMAT || spool !== this.#spoolId) {
      this.#putAside()
      return
    }
    for (const line of lines.slice(1, -1)) {
      const fields = parse(line)
      if (fields === undefined) break
      if (fields[0] === 'run') stream = String(fields[1])
      else this.#take(fields, stream)
    }
  }

  #take(fields: readonly unknown[], stream: string): void {
    const [kind, a, b, c, d, e, f] = fields as [string, never, never, never, never, never, never]
    if (kind === 'counts') this.state.count(a)
    else if (kind === 'number') this.state.number = Math.max(this.state.number, a)
    else if (kind === 'lane') this.state.laneOf(a).passed = cursorOf(b)
    else if (kind === 'done') this.state.apply({ kind, number: a, outcome: b }, stream)
    else if (kind === 'deal') this.state.apply({ kind, of: a, outcome: b, deal: dealOf(c) }, stream)
    else if (kind === 'cut') {
      const place = { lane: a, from: cursorOf(b), next: cursorOf(c), frames: d }
      this.state.apply({ kind, place, lost: e, deal: dealOf(f) }, stream)
    }
  }

  #putAside(): void {
    const aside = `${this.#path}.aside`
    renameSync(this.#path, aside)
    log.warn(
      { room: 'relay', file: aside },
      'the journal is of another spool or cannot be read: all that the spool holds is carried',
    )
  }

  // What the lines before said, in few: beside the old file, then in its place.
  #rewrite(): void {
    const text = this.#summary()
      .map((fields) => `${JSON.stringify(fields)}\n`)
      .join('')
    try {
      const fd = openSync(`${this.#path}.new`, 'w', 0o640)
      this.#bytes = writeSync(fd, text)
      renameSync(`${this.#path}.new`, this.#path)
      this.close()
      this.#fd = fd
    } catch (error) {
      log.error({ room: 'relay', file: this.#path, err: error }, 'cannot write the journal')
    }
    // Much under way makes a long summary: do not write it again at once.
    this.#bytesMax = Math.max(FILE_BYTES_MAX, 2 * this.#bytes)
  }

  #summary(): unknown[][] {
    const { counts, lanes, parcels, number } = this.state
    const lines: unknown[][] = [
      ['open', FORMAT, this.#spoolId],
      ['counts', counts],
      ['number', number],
    ]
    for (const [lane, { passed, cuts }] of lanes) {
      lines.push(['lane', lane, cursorFields(passed)])
      for (const cut of cuts) {
        const own = [...parcels.values()].filter((parcel) => parcel.cut === cut)
        lines.push(...cutLines(cut.place, own))
      }
    }
    return [...lines, ['run', this.stream]]
  }
}

// A cut whose parcels are of several runs is dealt run by run; what is settled of it has no parcel.
function cutLines(
  place: Extract<Line, { kind: 'cut' }>['place'],
  own: readonly { stream: string; number: number; target: string; picks: Picks; frames: number }[],
): unknown[][] {
  const streams = [...new Set(own.map(({ stream }) => stream))]
  // 0 is no parcel's number: it stands for those of other runs until they are dealt from it.
  const hook = { number: 0, target: '', picks: undefined, frames: 0 }
  const first = own.filter(({ stream }) => stream === streams[0])
  const rest = streams.slice(1)
  const lines: unknown[][] = [
    ['run', streams[0] ?? ''],
    packed({ kind: 'cut', place, lost: {}, deal: rest.length > 0 ? [...first, hook] : first }),
  ]
  rest.forEach((stream, i) => {
    const theirs = own.filter((parcel) => parcel.stream === stream)
    const deal = i < rest.length - 1 ? [...theirs, hook] : theirs
    lines.push(['run', stream], packed({ kind: 'deal', of: 0, outcome: {}, deal }))
  })
  return lines
}

function packed(line: Line): unknown[] {
  if (line.kind === 'done') return ['done', line.number, line.outcome]
  const deal = line.deal.map(({ number, target, frames, picks }) => [
    ...[number, target, frames],
    picks ? Buffer.from(picks).toString('base64') : 0,
  ])
  if (line.kind === 'deal') return ['deal', line.of, line.outcome, deal]
  const { lane, from, next, frames } = line.place
  return ['cut', lane, cursorFields(from), cursorFields(next), frames, line.lost, deal]
}

const cursorFields = ({ file, offset, records }: Cursor) => [file, offset, records]

const cursorOf = ([file, offset, records]: [number, number, number]): Cursor => ({
  ...{ file, offset, records },
})

const dealOf = (parcels: [number, string, number, string | 0][]): Deal =>
  parcels.map(([number, target, frames, picks]) => ({
    ...{ number, target, frames },
    picks: picks === 0 ? undefined : new Uint8Array(Buffer.from(picks, 'base64')),
  }))

function parse(line: string): unknown[] | undefined {
  try {
    const fields: unknown = JSON.parse(line)
    return Array.isArray(fields) ? fields : undefined
  } catch {
    return undefined
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
