// The rows of a partition in the order they were written, block by block, with their messages.
//
//   rows    H m m m │ H m │ x m │ H …          H holds the messages of its block
//   given   segments  …     └ as they are: the head is missing or damaged, and nobody can read them
import type { SQL } from 'bun'
import { IDS_PER_BATCH } from '../write/copy-segments.ts'
import { decodeBlock, SegmentError } from '../write/segment.ts'
import { knowDictionary, missingDictionary } from '../write/segment-packing.ts'
import type { StoredMessage } from '../write/stored-message.ts'
import { MERGE_COLUMNS, type MergeRow } from './merged-segment.ts'

const PAGE_ROWS = 2_000
/** Packed; what a page unpacks to is some ten times that, block by block. */
const PAGE_BYTES = 1024 * 1024

export interface ReadSegment {
  readonly row: MergeRow
  readonly id: number
  readonly batch: number
  /** Undefined when they cannot be read: the row is taken over as it is. */
  readonly messages: readonly StoredMessage[] | undefined
}

export interface SegmentPage {
  readonly rows: readonly MergeRow[]
  readonly payloadBytes: number
  /** One row after the other, so that one block is unpacked at a time. */
  open(row: MergeRow): Promise<ReadSegment>
}

export class SegmentPages {
  readonly #sql: SQL
  readonly #table: string
  #lastId = 0
  #lastBlock = 0
  #head: { readonly id: number; readonly segments: readonly StoredMessage[][] } | undefined

  constructor(sql: SQL, table: string) {
    this.#sql = sql
    this.#table = table
  }

  /** Undefined at the end. */
  async next(): Promise<SegmentPage | undefined> {
    const rows = (await this.#sql.unsafe(
      `select ${MERGE_COLUMNS} from (
         select s.*, sum(octet_length(s.messages)) over (order by s.id rows unbounded preceding)
           - octet_length(s.messages) as bytes_before
         from (
           select * from ${this.#table} where id - block_place >= ${this.#lastBlock} and id > ${this.#lastId}
           order by id - block_place, id limit ${PAGE_ROWS}
         ) s
       ) s where coalesce(s.bytes_before, 0) < ${PAGE_BYTES} order by s.id`,
    )) as MergeRow[]
    if (rows.length === 0) return undefined
    const { id, block_place } = rows.at(-1)!
    this.#lastId = Number(id)
    this.#lastBlock = this.#lastId - block_place
    const payloadBytes = rows.reduce((sum, { payload_bytes }) => sum + payload_bytes, 0)
    return { rows, payloadBytes, open: (row) => this.#open(row) }
  }

  async #open(row: MergeRow): Promise<ReadSegment> {
    const id = Number(row.id)
    if (row.block_place === 0) this.#head = { id, segments: await this.#unpack(row) }
    const isInBlock = this.#head?.id === id - row.block_place
    const messages = isInBlock ? this.#head?.segments[row.block_place] : undefined
    const isWhole = messages?.length === row.message_count
    const batch = Math.floor(id / Number(IDS_PER_BATCH))
    return { row, id, batch, messages: isWhole ? messages : undefined }
  }

  async #unpack({ format, messages }: MergeRow): Promise<StoredMessage[][]> {
    if (messages === null) return []
    const version = missingDictionary(format, messages)
    if (version !== undefined) {
      const rows = (await this.#sql`
        select bytes from message_dictionaries where version = ${version}`) as { bytes: Buffer }[]
      for (const { bytes } of rows) knowDictionary(version, bytes)
    }
    try {
      return decodeBlock(format, messages)
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error
      return []
    }
  }
}
