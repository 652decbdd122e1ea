// What goes into homer7's tables in one transaction: rows for each table, made as the spool is read, and
// how far each lane has come with them. Rows are bytes from the beginning, in buffers that one batch after
// the other uses: nothing of a chunk is held when it has been taken in.
//
// What `calliope migrate` brought out of homer7 tables is passed over: its rows are there.

import type { Filter } from '#filter'
import { decodeHep, hepSkim, skimHep } from '#hep'
import { sipSkim, skimSip } from '#sip'
import type { Chunk, Cursor, RecordWalk } from '#spool'
import type { LaneMove } from '../write/batch.ts'
import { ByteWriter } from '../write/byte-writer.ts'
import { believeOurs, type ClockRules, isClockAbsurd } from '../write/trace.ts'
import { Homer7Packet } from './homer7-packet.ts'
import type { RowWriter } from './row-writer.ts'
import { SenderNotes } from './sender-notes.ts'
import type { Homer7Table } from './tables.ts'

/** Rows of one table, one behind the other; row i is rows[rowAt[i], rowAt[i + 1]). */
export class TableRows {
  readonly out = new ByteWriter()
  readonly rowAt: number[] = []
  /** Times of rows, one of each full minute that has any: partitions are no shorter. */
  readonly minutes = new Set<number>()

  get rows(): Buffer {
    return this.out.view()
  }

  clear(): void {
    this.out.truncate()
    this.rowAt.length = 0
    this.minutes.clear()
  }
}

export interface Homer7Rules extends ClockRules {
  readonly writer: RowWriter
  /** Whether senders are noted: where nobody else does. @default false */
  readonly notesSenders?: boolean
  readonly filter: Filter
}

const MINUTE_US = 60_000_000
const SIP = 1
const packet = new Homer7Packet()

export class Homer7Batch {
  readonly tables = new Map<Homer7Table, TableRows>()
  bytes = 0
  messages = 0
  oldestUs: number | undefined
  readonly #rules: Homer7Rules
  /** Undefined where the calls layout keeps such notes. */
  readonly notes: SenderNotes | undefined
  readonly #moves = new Map<string, LaneMove>()
  #nowUs = 0

  constructor(rules: Homer7Rules) {
    this.#rules = rules
    this.notes = rules.notesSenders ? new SenderNotes() : undefined
  }

  get moves(): readonly LaneMove[] {
    return [...this.#moves.values()].sort((a, b) => (a.lane < b.lane ? -1 : 1))
  }

  get isEmpty(): boolean {
    return this.#moves.size === 0
  }

  /** Bytes of all rows. */
  get rowBytes(): number {
    let bytes = 0
    for (const { out } of this.tables.values()) bytes += out.length
    return bytes
  }

  /** Forgets everything; the buffers stay. */
  clear(): void {
    for (const rows of this.tables.values()) rows.clear()
    this.#moves.clear()
    this.bytes = this.messages = 0
    this.oldestUs = undefined
  }

  /** Takes in what the reader of a lane gave, which stood at `from` before. */
  add(lane: string, from: Cursor, chunk: Chunk): void {
    const move = this.#move(lane, from, chunk)
    this.#nowUs = Date.now() * 1000
    let number = chunk.next.records - chunk.frames
    const walk = chunk.walk()
    while (walk.next()) {
      this.bytes += walk.to - walk.from
      if (walk.kind !== 'frame') {
        this.notes?.addQuarantined(walk)
        continue
      }
      if (this.oldestUs === undefined || walk.receivedUs < this.oldestUs)
        this.oldestUs = walk.receivedUs
      if (walk.transport !== 'import' && this.#take(move, walk, lane, number)) this.#addRow(walk)
      number += 1
    }
  }

  #move(lane: string, from: Cursor, { next, lostFrames, intake }: Chunk): LaneMove {
    let move = this.#moves.get(lane)
    if (move === undefined) {
      move = { lane, from, next, stored: 0, rejected: {}, lost: 0, intake }
      this.#moves.set(lane, move)
    }
    move.next = next
    move.lost += lostFrames
    move.intake = intake ?? move.intake
    move.stored += next.records - from.records - lostFrames // as in the calls layout
    return move
  }

  /** Reads the frame at hand into `packet`; false when it is not to be kept. */
  #take(move: LaneMove, walk: RecordWalk, lane: string, number: number): boolean {
    const { bytes, from, to } = walk
    if (skimHep(bytes, from, to) && this.#passesAsItIs(bytes)) {
      packet.takeSkimmed(bytes)
      this.notes?.count(walk, packet, packet.atUs, 3)
      return true
    }
    const decoded = decodeHep(bytes.subarray(from, to))
    if (decoded.kind === 'malformed') {
      this.notes?.refuse(walk, decoded)
      return refuse(move, decoded.reason)
    }
    packet.takePacket(decoded)
    this.notes?.count(walk, packet, decoded.atUs, decoded.version)
    const { filter } = this.#rules
    if (filter.isIdle) return true
    const filtered = filter.apply(decoded, { lane, number, receivedUs: walk.receivedUs })
    if (filtered.kind === 'discarded') return refuse(move, filtered.reason)
    packet.takeFiltered(filtered)
    return true
  }

  /** Whether no filter has anything to say about what `hepSkim` found. */
  #passesAsItIs(bytes: Buffer): boolean {
    const { filter } = this.#rules
    if (filter.isIdle) return true
    const { protocolType, payloadAt, payloadEnd } = hepSkim
    if (protocolType !== SIP) return !filter.mayChange(protocolType, '')
    return (
      skimSip(bytes, payloadAt, payloadEnd) && !filter.mayChange(protocolType, sipSkim.cseqMethod)
    )
  }

  #addRow(walk: RecordWalk): void {
    const rules = this.#rules
    const receivedUs = believeOurs(walk.receivedUs, this.#nowUs, rules)
    if (isClockAbsurd(packet.atUs, receivedUs, rules)) packet.atUs = receivedUs
    const table = rules.writer.write(packet, this.#rowsOf)
    this.tables.get(table)!.minutes.add(Math.floor(packet.atUs / MINUTE_US))
    this.messages += 1
  }

  /** Where the next row of a table goes. */
  readonly #rowsOf = (table: Homer7Table): ByteWriter => {
    let rows = this.tables.get(table)
    if (rows === undefined) {
      rows = new TableRows()
      this.tables.set(table, rows)
    }
    rows.rowAt.push(rows.out.length)
    return rows.out
  }
}

function refuse(move: LaneMove, reason: keyof LaneMove['rejected']): false {
  move.stored -= 1
  ;(move.rejected as Record<string, number>)[reason] = (move.rejected[reason] ?? 0) + 1
  return false
}
