// Merged segments as rows for COPY, packed in blocks harder than the writer has time for. Ids are taken
// from the batches the rows came from, from their upper half, which the writer never reaches: so no
// row takes them for new ones (the live tail looks for higher ids), and none is there twice.
//
//   id   batch number × 2^20 + ┌ 0 … 2^19: as written │ 2^19 …: merged ┐
import { ByteWriter } from '../write/byte-writer.ts'
import { IDS_PER_BATCH } from '../write/copy-segments.ts'
import { type MinuteMark, MinuteMarks } from '../write/minute-marks.ts'
import { BlockBuilder } from '../write/segment.ts'
import { type SegmentFields, setRowId, writeSegmentRow } from '../write/segment-row.ts'
import { BLOCK_US } from '../write/segment-sql.ts'
import type { SharedTexts } from '../write/shared-texts.ts'
import type { MergedSegment } from './merged-segment.ts'

/** Before compression; at level 6 it takes 3 ms. */
const BLOCK_BYTES = 512 * 1024
const BLOCK_ROWS_MAX = 8_000
const LEVEL = 6
/** Hours whose blocks are being filled at the same time. */
const HOURS_MAX = 4
const COPY_BYTES = 1024 * 1024
const HALF = Number(IDS_PER_BATCH / 2n)

interface OpenBlock {
  readonly builder: BlockBuilder
  readonly rows: SegmentFields[]
}

export class MergedRows {
  readonly #copy: (rows: Buffer) => Promise<void>
  readonly #texts: SharedTexts
  readonly #out = new ByteWriter()
  readonly #hours = new Map<number, OpenBlock>()
  readonly #batches: number[] = []
  readonly #marks = new MinuteMarks()
  #batchPlace = 0
  #slot = 0
  /** Rows handed over. */
  rowCount = 0
  messageCount = 0

  constructor(copy: (rows: Buffer) => Promise<void>, texts: SharedTexts) {
    this.#copy = copy
    this.#texts = texts
  }

  /** What the rows hold, by minute: a call's first row now has what its later ones had. */
  takeMarks(): readonly MinuteMark[] {
    return this.#marks.take()
  }

  /** Ids of this batch may be taken: its rows are not taken over as they are. */
  offerBatch(batch: number): void {
    if (this.#batches.at(-1) !== batch) this.#batches.push(batch)
  }

  async add({ fields, messages }: MergedSegment): Promise<void> {
    const hour = Math.floor(fields.state.firstUs / BLOCK_US)
    const block = this.#hours.get(hour) ?? { builder: new BlockBuilder(LEVEL), rows: [] }
    this.#hours.set(hour, block)
    block.builder.add(messages)
    block.rows.push(fields)
    this.rowCount += 1
    this.messageCount += messages.length
    if (block.builder.bytes >= BLOCK_BYTES || block.rows.length >= BLOCK_ROWS_MAX) {
      await this.#finish(hour, block)
    } else if (this.#hours.size > HOURS_MAX) {
      const [oldest] = [...this.#hours].sort(([a], [b]) => a - b)
      await this.#finish(...oldest!)
    }
  }

  /** A row that keeps its id because people may hold its name (read/loose-segment.ts). */
  async addAlone({ fields, messages }: MergedSegment, id: bigint): Promise<void> {
    const builder = new BlockBuilder(LEVEL)
    builder.add(messages)
    this.rowCount += 1
    this.messageCount += messages.length
    await this.#write({ builder, rows: [fields] }, id)
  }

  async end(): Promise<void> {
    for (const [hour, block] of this.#hours) await this.#finish(hour, block)
    if (this.#out.length > 0) await this.#send()
  }

  async #finish(hour: number, block: OpenBlock): Promise<void> {
    this.#hours.delete(hour)
    await this.#write(block, this.#takeIds(block.rows.length))
  }

  async #write({ builder, rows }: OpenBlock, firstId: bigint): Promise<void> {
    const { format, bytes } = builder.finish()
    for (const [place, fields] of rows.entries()) {
      const at = this.#out.length
      this.#marks.note(fields)
      const block = place === 0 ? bytes : undefined
      writeSegmentRow(this.#out, { format, place, block }, fields, this.#texts)
      setRowId(this.#out.view(), at, firstId + BigInt(place))
    }
    if (this.#out.length >= COPY_BYTES) await this.#send()
  }

  async #send(): Promise<void> {
    await this.#copy(this.#out.view())
    this.#out.truncate()
  }

  #takeIds(count: number): bigint {
    if (this.#slot + count > HALF) {
      this.#batchPlace += 1
      this.#slot = 0
    }
    const batch = this.#batches[this.#batchPlace]
    if (batch === undefined) throw new RangeError('no ids left for merged rows')
    const id = BigInt(batch) * IDS_PER_BATCH + BigInt(HALF + this.#slot)
    this.#slot += count
    return id
  }
}
