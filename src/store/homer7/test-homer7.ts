// For the tests of the homer7 layout: a database, a spool, and a writer to run between them.
import { encodeHep, type HepPacketFields } from '#hep'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { type TestSpool, testSpool } from '../write/test-spool.ts'
import { type Homer7Options, Homer7Writer } from './homer7-writer.ts'

const HOUR_MS = 3_600_000

export interface Homer7Rig extends AsyncDisposable {
  readonly database: TestDatabase
  readonly spool: TestSpool
  readonly options: Homer7Options
  /** Stores everything there is with a writer of its own, which then stops. */
  store(options?: Partial<Homer7Options>): Promise<void>
  /** Rows of a table in the order they were written. */
  rows(table: string): Promise<readonly Homer7Row[]>
}

export interface Homer7Row {
  readonly sid: string
  readonly create_date: Date
  readonly protocol_header: Record<string, unknown>
  readonly data_header: Record<string, unknown>
  readonly raw: string
}

export async function homer7Rig(): Promise<Homer7Rig> {
  const database = await testDatabase()
  const spool = await testSpool()
  const options = homer7Options(database.url, spool)
  return {
    ...{ database, spool, options },
    store: (extra = {}) => storeHomer7({ ...options, ...extra }),
    rows: async (table) => [
      ...(await database.sql`select * from ${database.sql(`hep_proto_${table}`)} order by id`),
    ],
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
    },
  }
}

export const homer7Options = (url: string, spool: TestSpool): Homer7Options => ({
  ...{ url, spoolId: spool.spool.id, spoolDirectory: spool.directory, node: 'test' },
  ...{ batchWaitMs: 50, rotate: false, indexes: 'full', connections: 2 },
  partitionMs: { sip: 2 * HOUR_MS, log: 2 * HOUR_MS, isup: 6 * HOUR_MS, qos: 6 * HOUR_MS },
  retention: { dropDays: { call: 14, registration: 14, default: 14, other: 14 }, bytesMax: 0 },
})

/** Runs a writer until the spool is empty, then stops it. */
export async function storeHomer7(options: Homer7Options): Promise<void> {
  const stop = new AbortController()
  const writer = new Homer7Writer(options)
  const running = writer.run(stop.signal)
  await writer.drain()
  stop.abort()
  await running
}

/** A frame with a text as its payload. */
export const hep = (payload: string | Buffer, fields: Partial<HepPacketFields> = {}): Buffer =>
  encodeHep({
    ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5062 },
    ...{ atUs: Date.now() * 1000, captureId: 2001 },
    payload: Buffer.from(payload),
    ...fields,
  })

/** Lines of a SIP message, with a body. */
export const sip = (lines: readonly string[], body = ''): string =>
  [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n')
