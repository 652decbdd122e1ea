// For the tests of the writer: a database with the schema, a spool, and a writer to run between them.
import type { SQL } from 'bun'
import type { TracedMessage } from '#sip'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { decodeMessages } from './segment.ts'
import { messagesSql } from './segment-sql.ts'
import { type TestSpool, testSpool } from './test-spool.ts'
import { Writer, type WriterOptions } from './writer.ts'

export interface WriterRig extends AsyncDisposable {
  readonly database: TestDatabase
  readonly spool: TestSpool
  readonly options: WriterOptions
  /** Stores everything there is with a writer of its own, which then stops. */
  store(options?: Partial<WriterOptions>): Promise<void>
  /** How often each payload is in the database: all must be 1. */
  storedPayloads(): Promise<ReadonlyMap<string, number>>
}

export async function writerRig(): Promise<WriterRig> {
  const database = await testDatabase()
  await migrate(database.sql)
  const spool = await testSpool()
  const options = optionsFor(database.url, spool)
  return {
    database,
    spool,
    options,
    store: (extra = {}) => storeAll({ ...options, ...extra }),
    storedPayloads: () => payloadsIn(database),
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
    },
  }
}

export const optionsFor = (url: string, spool: TestSpool): WriterOptions => ({
  url,
  spoolId: spool.spool.id,
  spoolDirectory: spool.directory,
  node: 'test',
  batchWaitMs: 50,
})

/** Runs a writer until the spool is empty, then stops it. */
export async function storeAll(options: WriterOptions): Promise<void> {
  const stop = new AbortController()
  const writer = new Writer(options)
  const running = writer.run(stop.signal)
  await writer.drain()
  stop.abort()
  await running
}

export async function payloadsIn({ sql }: Pick<TestDatabase, 'sql'>): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const row of await segmentsIn(sql)) {
    for (const { payload } of row.decoded) {
      const text = payload.toString('latin1')
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
  }
  return counts
}

export interface StoredSegment {
  readonly call_id: string
  readonly protocol: number
  readonly mos: number | null
  readonly decoded: readonly TracedMessage[]
}

/** All rows with their messages, by Call-ID. */
export async function segmentsIn(sql: SQL): Promise<StoredSegment[]> {
  const rows = await sql.unsafe(
    `select s.*, ${messagesSql('s')} as packed from call_segments s order by call_id, protocol`,
  )
  return rows.map(
    (row: StoredSegment & { format: number; packed: Uint8Array; block_place: number }) => ({
      ...row,
      decoded: decodeMessages(row.format, Buffer.from(row.packed), row.block_place),
    }),
  )
}
