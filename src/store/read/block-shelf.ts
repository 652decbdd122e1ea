// The blocks that the rows of one answer share, unpacked when something of them is read. The answer
// has each block once, with one of its rows (blocksSql).
import { log } from '#log'
import type { TracedMessage } from '#sip'
import { type OpenBlock, readBlock, SegmentError, withSip } from '../write/segment.ts'
import { knowDictionary, missingDictionary } from '../write/segment-packing.ts'
import type { ReadSession } from './read-session.ts'

/** What of a row tells where its messages are. */
export interface BlockRow {
  readonly call_id: string
  readonly id: unknown
  readonly format: number | null
  readonly block_id: string | null
  readonly block_place: number
  readonly messages: Buffer | null
}

/** Unpacked blocks kept; half a megabyte each. */
const OPEN_MAX = 16

export class BlockShelf {
  readonly #packed = new Map<string, { readonly format: number; readonly bytes: Buffer }>()
  readonly #open = new Map<string, OpenBlock>()

  /** Takes the blocks from the rows, and asks for the dictionaries they need. */
  static async of(session: ReadSession, rows: readonly BlockRow[]): Promise<BlockShelf> {
    const shelf = new BlockShelf()
    const missing = new Set<number>()
    for (const { block_id, format, messages } of rows) {
      if (block_id === null || format === null || messages === null) continue
      shelf.#packed.set(block_id, { format, bytes: messages })
      const version = missingDictionary(format, messages)
      if (version !== undefined) missing.add(version)
    }
    if (missing.size > 0) await fetchDictionaries(session, [...missing])
    return shelf
  }

  /** None, and a word in the log, when the block is damaged. */
  messagesOf(row: BlockRow): readonly TracedMessage[] {
    const block = row.block_id === null ? undefined : this.#packed.get(row.block_id)
    if (row.block_id === null || block === undefined) return []
    try {
      return this.#opened(row.block_id, block).segment(row.block_place).map(withSip)
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error
      const { call_id: callId, id } = row
      log.error(
        { room: 'store', callId, segment: String(id), error: error.message },
        'segment unreadable',
      )
      return []
    }
  }

  #opened(id: string, { format, bytes }: { format: number; bytes: Buffer }): OpenBlock {
    const known = this.#open.get(id)
    if (known !== undefined) return known
    const block = readBlock(format, bytes)
    const [oldest] = this.#open.keys()
    if (oldest !== undefined && this.#open.size >= OPEN_MAX) this.#open.delete(oldest)
    this.#open.set(id, block)
    return block
  }
}

async function fetchDictionaries(session: ReadSession, versions: readonly number[]): Promise<void> {
  const rows = await session.rows<{ version: number; bytes: Buffer }>(
    `select version, bytes from message_dictionaries where version in (${versions.join(', ')})`,
    [],
  )
  for (const { version, bytes } of rows) knowDictionary(version, bytes)
}
