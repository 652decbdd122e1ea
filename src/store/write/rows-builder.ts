// The groups of a batch as rows for COPY, and their messages packed in blocks of neighbouring rows.
//
//   groups   a b c d e f g h │ i j          a block ends when it is full, or with the hour
//   places   0 3 1 4 2 5 6 7 │ 0 1          within it like lies beside like: INVITEs of one sender …
//   rows     A b c d e f g h │ I j          the one at place 0 holds the block (segment-sql.ts)
//
// Rows stay in the order of time, which the index on it rewards; ids are those of the places. That order
// of places takes a tenth off the messages of calls that are spread over batches.
import { type CallState, callStateOf, correlationKeysOf, mediaKeysOf } from '#sip'
import type { ByteWriter } from './byte-writer.ts'
import type { CallGroup } from './call-groups.ts'
import { type MinuteMark, MinuteMarks } from './minute-marks.ts'
import { BlockBuilder } from './segment.ts'
import { fieldsOf, setRowId, writeSegmentRow } from './segment-row.ts'
import { BLOCK_US } from './segment-sql.ts'
import { SharedTexts } from './shared-texts.ts'

/**
 * Before compression. docs/decisions/0010 has the measurements. Reading one call unpacks up to as many
 * blocks as it has segments, 0.4 ms each.
 */
const BLOCK_BYTES = 512 * 1024
/** `block_place` is a smallint. */
const BLOCK_ROWS_MAX = 32_767

export interface CorrelationRow {
  readonly key: string
  readonly callId: string
  readonly us: number
}

export interface Rows {
  /** Rows for COPY, one behind the other. */
  readonly rows: Buffer
  /** Where each row begins; one more than there are rows. */
  readonly rowAt: readonly number[]
  /** The earliest message of each row: decides the partition. */
  readonly rowUs: readonly number[]
  readonly correlation: readonly CorrelationRow[]
  readonly marks: readonly MinuteMark[]
  /** No shared text with a higher number is in a row. */
  readonly refMax: number
}

/** What batches use one after the other. */
export interface RowsTools {
  readonly block?: BlockBuilder | undefined
  readonly texts?: SharedTexts | undefined
}

interface PendingRow {
  readonly group: CallGroup
  readonly state: CallState
  place: number
}

export class RowsBuilder {
  readonly #out: ByteWriter
  readonly #headerNames: readonly string[]
  readonly #block: BlockBuilder
  readonly #texts: SharedTexts
  readonly #rowAt = [0]
  readonly #rowUs: number[] = []
  readonly #correlation: CorrelationRow[] = []
  readonly #marks = new MinuteMarks()
  #pending: PendingRow[] = []
  #bytes = 0
  #hour = 0

  /** What was built with `out` and `block` before is gone: both are used again. */
  constructor(
    out: ByteWriter,
    headerNames: readonly string[],
    { block = new BlockBuilder(), texts = new SharedTexts() }: RowsTools = {},
  ) {
    this.#out = out
    this.#headerNames = headerNames
    this.#block = block
    this.#texts = texts
    out.truncate()
    block.begin()
  }

  add(group: CallGroup): void {
    const state = callStateOf(group.messages)
    const hour = Math.floor(state.firstUs / BLOCK_US)
    const isFull = this.#bytes >= BLOCK_BYTES || this.#pending.length >= BLOCK_ROWS_MAX
    if (isFull || hour !== this.#hour) this.#finishBlock()
    this.#hour = hour
    this.#bytes += group.bytes
    this.#pending.push({ group, state, place: 0 })
  }

  finish(): Rows {
    this.#finishBlock()
    return {
      rows: this.#out.view(),
      rowAt: this.#rowAt,
      rowUs: this.#rowUs,
      correlation: this.#correlation,
      marks: this.#marks.take(),
      refMax: this.#texts.refMax,
    }
  }

  #finishBlock(): void {
    if (this.#pending.length === 0) return
    this.#fillBlock()
    const { format, bytes } = this.#block.finish()
    const firstId = this.#rowUs.length
    for (const { group, state, place } of this.#pending) {
      const correlation = correlationKeysOf(group.messages)
      const fields = fieldsOf(group, state, correlation, this.#headerNames)
      this.#marks.note(fields)
      const block = place === 0 ? bytes : undefined
      const at = this.#out.length
      writeSegmentRow(this.#out, { format, place, block }, fields, this.#texts)
      setRowId(this.#out.view(), at, BigInt(firstId + place))
      this.#rowAt.push(this.#out.length)
      this.#rowUs.push(state.firstUs)
      this.#noteKeys(correlation, group.callId, state.firstUs)
      // Reports that name no call are found by the addresses they travelled between.
      this.#noteKeys(mediaKeysOf(group.callId), group.callId, state.firstUs)
    }
    this.#pending = []
    this.#bytes = 0
  }

  #noteKeys(keys: readonly string[], callId: string, us: number): void {
    for (const key of keys) this.#correlation.push({ key, callId, us })
  }

  /** Likes together, each kind in the order of time. */
  #fillBlock(): void {
    const kinds = new Map<string, PendingRow[]>()
    for (const row of this.#pending) {
      const kind = kindOf(row)
      const others = kinds.get(kind)
      if (others === undefined) kinds.set(kind, [row])
      else others.push(row)
    }
    let place = 0
    for (const kind of [...kinds.keys()].sort()) {
      for (const row of kinds.get(kind)!) {
        row.place = place
        place += 1
        this.#block.add(row.group.messages)
      }
    }
  }
}

/** Rows of one kind hold messages that say nearly the same. */
function kindOf({ group, state }: PendingRow): string {
  const { method, ringUs, answerUs, failureUs, byeUs, messageCount } = state
  const seen = [ringUs, answerUs, failureUs, byeUs].map((us) => (us === undefined ? 0 : 1)).join('')
  return `${group.protocol} ${method} ${seen} ${messageCount} ${group.messages[0]?.srcIp}`
}
