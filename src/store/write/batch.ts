// What goes into PostgreSQL in one transaction: rows made of a few chunks of the spool, and how far each
// lane has come with them. Built while the batch before it is being stored.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Filter } from '#filter'
import { hepSkim, isText, PROTOCOL, skimHep } from '#hep'
import type { LedgerCounts, RejectReason } from '#ledger'
import {
  isQualityType,
  mayHoldReport,
  mediaIdOf,
  reportedId,
  sipSkim,
  skimSip,
  type TracedMessage,
} from '#sip'
import { type Chunk, type Cursor, type RecordWalk, readQuarantined, type SpoolRecord } from '#spool'
import type { ByteWriter } from './byte-writer.ts'
import { CallGroups } from './call-groups.ts'
import type { KpiCounter, KpiCounts } from './kpi-counter.ts'
import type { DetailRow } from './kpi-details.ts'
import { MediaMemory } from './media-memory.ts'
import { QualityNotes, type QualityRow } from './quality-notes.ts'
import { type QuarantineRow, RefusedFrames } from './refused-frames.ts'
import { type Rows, RowsBuilder, type RowsTools } from './rows-builder.ts'
import { isCutShort, SourceCounter, type SourceCounts } from './source-counter.ts'
import { SpooledMessage } from './spooled-message.ts'
import { believeOurs, type ClockRules, isClockAbsurd, type Refused, traceRecord } from './trace.ts'

/** What a batch says about one lane. */
export interface LaneMove {
  readonly lane: string
  readonly from: Cursor
  next: Cursor
  /** Messages that become part of a row. */
  stored: number
  readonly rejected: Partial<Record<RejectReason, number>>
  /** Frames the spool could not give back. */
  lost: number
  intake: LedgerCounts | undefined
}

export interface Batch extends Rows {
  readonly moves: readonly LaneMove[]
  readonly kpis: ReadonlyMap<number, KpiCounts>
  readonly kpiDetails: readonly DetailRow[]
  readonly sources: readonly SourceCounts[]
  readonly quarantine: readonly QuarantineRow[]
  readonly quality: readonly QualityRow[]
  readonly messages: number
  /** When the oldest frame in it reached us; undefined when it holds none. */
  readonly oldestUs: number | undefined
}

export interface BatchOptions extends RowsTools {
  readonly rules: ClockRules
  /** @default everything is kept as it is */
  readonly filter?: Filter | undefined
  readonly customHeaders: readonly string[]
  readonly kpis: KpiCounter
  /** Of the batches before. @default knows nothing */
  readonly media?: MediaMemory
}

/** About 3 ms of work. */
const PAUSE_EVERY_ROWS = 256

export class BatchBuilder {
  readonly #options: BatchOptions
  /** Undefined when it has nothing to do. */
  #filter: Filter | undefined
  readonly #moves = new Map<string, LaneMove>()
  readonly #groups = new CallGroups()
  readonly #media: MediaMemory
  readonly #quality = new QualityNotes()
  readonly #sources = new SourceCounter()
  readonly #refused = new RefusedFrames()
  readonly #nowUs = Date.now() * 1000
  #messages = 0
  #bytes = 0
  #oldestUs: number | undefined

  constructor(options: BatchOptions) {
    this.#options = options
    this.#media = options.media ?? new MediaMemory()
    this.lookAtFilter()
  }

  /** To be called when the filter has changed. */
  lookAtFilter(): void {
    const { filter } = this.#options
    this.#filter = filter?.isIdle === false ? filter : undefined
  }

  /** Bytes of all records taken in. */
  get bytes(): number {
    return this.#bytes
  }

  get oldestUs(): number | undefined {
    return this.#oldestUs
  }

  get isEmpty(): boolean {
    return this.#moves.size === 0
  }

  /** Takes in what the reader of a lane gave, which stood at `from` before. */
  add(lane: string, from: Cursor, chunk: Chunk): void {
    const move = this.#move(lane, from, chunk)
    const walk = chunk.walk()
    for (let number = from.records; walk.next(); number += 1) {
      this.#bytes += walk.to - walk.from
      if (this.#oldestUs === undefined || walk.receivedUs < this.#oldestUs) {
        this.#oldestUs = walk.receivedUs
      }
      if (walk.kind !== 'frame') this.#addQuarantined(walk.record())
      else if (!this.#addSkimmed(walk)) this.#addFrame(move, walk.record(), number)
    }
  }

  /** Groups, compresses and lays out the rows, pausing often: another batch is on its way out. */
  async build(out: ByteWriter): Promise<Batch> {
    const { customHeaders, kpis } = this.#options
    const rows = new RowsBuilder(out, customHeaders, this.#options)
    let count = 0
    for (const group of this.#groups.all) {
      rows.add(group)
      kpis.count(group.messages)
      count += 1
      if (count % PAUSE_EVERY_ROWS === 0) await nextTurn()
    }
    const finished = rows.finish()
    this.#groups.clear()
    return {
      moves: [...this.#moves.values()].sort((a, b) => (a.lane < b.lane ? -1 : 1)),
      ...finished,
      kpis: kpis.take(),
      kpiDetails: kpis.takeDetails(),
      sources: this.#sources.take(),
      quarantine: this.#refused.rows,
      quality: this.#quality.rows(),
      messages: this.#messages,
      oldestUs: this.#oldestUs,
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
    // Frames neither read nor lost went to the database used before this one, or (negative) the lane
    // lost them in a power failure after they were stored: the lane's own count changed alike.
    move.stored += next.records - from.records - lostFrames
    return move
  }

  /** The quick way, which nearly every frame goes; false: it takes the thorough one. */
  #addSkimmed(walk: RecordWalk): boolean {
    const { bytes } = walk
    if (walk.transport === 'import') return false
    if (!skimHep(bytes, walk.from, walk.to)) return false
    const { protocolType, vlan, atUs, payloadAt, payloadEnd } = hepSkim
    if (protocolType !== PROTOCOL.sip || vlan !== 0) return false
    if (!skimSip(bytes, payloadAt, payloadEnd)) return false
    const { rules } = this.#options
    const { cseqMethod, callIdAt, callIdEnd } = sipSkim
    if (this.#filter?.mayChange(protocolType, cseqMethod)) return false
    const group = this.#groups.groupAt(protocolType, bytes, callIdAt, callIdEnd)
    const receivedUs = believeOurs(walk.receivedUs, this.#nowUs, rules)
    const clockClamped = isClockAbsurd(atUs, receivedUs, rules)
    const correlationId = correlationIdFor(group.callId, bytes)
    const { callId } = group
    const message = new SpooledMessage(bytes, receivedUs, clockClamped, callId, correlationId)
    this.#messages += 1
    if (receivedUs < this.#media.awakeUntilUs && sipSkim.bodyBytes !== 0)
      this.#media.note(callId, bytes, payloadAt + sipSkim.bodyAt, payloadEnd)
    this.#groups.put(group, message, payloadEnd - payloadAt)
    if (mayHoldReport(cseqMethod)) this.#quality.note(message)
    const isCut = sipSkim.bodyBytes > payloadEnd - payloadAt - sipSkim.bodyAt
    this.#sources.count(walk, walk.to - walk.from, message, atUs, 3, isCut)
    return true
  }

  #addFrame(move: LaneMove, record: SpoolRecord, number: number): void {
    const place = { lane: move.lane, number, receivedUs: record.receivedUs }
    const filtered = this.#filter && { filter: this.#filter, place }
    const traced = traceRecord(record, this.#options.rules, this.#nowUs, filtered)
    if (traced.kind === 'refused') {
      move.stored -= 1
      move.rejected[traced.reason] = (move.rejected[traced.reason] ?? 0) + 1
      if (!traced.isUnwanted) this.#keep(record, traced, record.bytes)
      return
    }
    this.#messages += 1
    const { message, agentUs, hepVersion, said } = traced
    this.#groups.add(message, this.#filedUnder(message), said?.headers)
    this.#quality.note(message)
    const isCut = isCutShort(message)
    this.#sources.count(record, record.bytes.length, message, agentUs, hepVersion, isCut)
  }

  /** What is no SIP belongs to the call it names, or to the one whose media it is about. */
  #filedUnder(message: TracedMessage): string {
    const { sip, protocolType, payload } = message
    if (sip !== undefined) {
      if (message.receivedUs < this.#media.awakeUntilUs)
        this.#media.note(sip.callId, payload, sip.bodyAt, payload.length)
      return ''
    }
    const id = reportedId(message)
    if (id !== '' || !isQualityType(protocolType)) return id
    return this.#media.callOf(message) || mediaIdOf(message)
  }

  #addQuarantined(record: SpoolRecord): void {
    const refused = readQuarantined(record)
    this.#keep(record, refused, refused.frame)
  }

  #keep(
    record: SpoolRecord,
    refused: Pick<Refused, 'reason' | 'offset' | 'detail'>,
    frame: Buffer,
  ): void {
    this.#sources.reject(record, refused.reason)
    this.#refused.keep(record, refused, frame)
  }
}

/** Chunk 17 as `hepSkim` found it; agents that send it mostly say the Call-ID once more. */
function correlationIdFor(callId: string, bytes: Buffer): string {
  const { correlationAt, correlationEnd } = hepSkim
  if (correlationAt === correlationEnd) return ''
  if (isText(bytes, correlationAt, correlationEnd, callId)) return callId
  return bytes.toString('utf8', correlationAt, correlationEnd)
}
