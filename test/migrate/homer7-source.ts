// A database as heplify-server leaves it: homer7 tables with partitions of two hours, and rows in them.
// Row n says so in its Call-ID, so that a test can tell which came over, and how often.
import type { SQL } from 'bun'
import { decodeHep, type HepPacket } from '#hep'
import type { SpoolRecord } from '#spool'
import { type TestDatabase, testDatabase } from '../../src/store/postgres/test-server.ts'

export const TABLES = [
  'hep_proto_1_call',
  'hep_proto_1_registration',
  'hep_proto_5_default',
  'hep_proto_35_default',
  'hep_proto_54_default',
  'hep_proto_100_default',
]
const PART_MS = 7_200_000

/** The tables, with a partition for each of `startsMs`. */
export async function homer7Database(startsMs: readonly number[]): Promise<TestDatabase> {
  const database = await testDatabase()
  for (const table of TABLES) {
    await database.sql.unsafe(`create table ${table} (
      id bigserial not null, sid varchar not null,
      create_date timestamptz default current_timestamp not null,
      protocol_header jsonb not null, data_header jsonb not null, raw varchar not null
    ) partition by range (create_date)`)
    for (const startMs of startsMs) await addPartition(database.sql, table, startMs)
  }
  return database
}

/** 'hep_proto_1_call_20261121_0600' */
export function partitionName(table: string, startMs: number): string {
  const digits = new Date(startMs).toISOString().replaceAll(/\D/g, '')
  return `${table}_${digits.slice(0, 8)}_${digits.slice(8, 12)}`
}

async function addPartition(sql: SQL, table: string, startMs: number): Promise<void> {
  const [from, to] = [startMs, startMs + PART_MS].map((ms) => new Date(ms).toISOString())
  const name = partitionName(table, startMs)
  await sql.unsafe(
    `create table ${name} partition of ${table} for values from ('${from}') to ('${to}');
     create index on ${name} (create_date)`,
  )
}

export interface Rows {
  /** Number of the first. */
  readonly from: number
  readonly count: number
  /** Time of the first; the next is a millisecond later. */
  readonly startMs: number
  /** @default hep_proto_1_call */
  readonly table?: string
}

/** Rows of one OPTIONS each, made by PostgreSQL itself: a hundred thousand in a second. */
export async function addRows(
  sql: SQL,
  { from, count, startMs, table = 'hep_proto_1_call' }: Rows,
): Promise<void> {
  await sql.unsafe(`
    insert into ${table} (sid, create_date, protocol_header, data_header, raw)
    select 'row-' || n, to_timestamp(ms / 1000.0),
      jsonb_build_object('protocolFamily', 2, 'protocol', 17, 'srcIp', '10.0.0.' || n % 250,
        'dstIp', '10.1.0.1', 'srcPort', 5060, 'dstPort', 5080, 'timeSeconds', ms / 1000,
        'timeUseconds', ms % 1000 * 1000, 'payloadType', 1, 'captureId', '2001',
        'correlation_id', 'row-' || n),
      jsonb_build_object('callid', 'row-' || n, 'method', 'OPTIONS'),
      concat_ws(e'\\r\\n', 'OPTIONS sip:b@10.1.0.1 SIP/2.0',
        'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK' || n, 'From: <sip:a@10.0.0.1>;tag=1',
        'To: <sip:b@10.1.0.1>', 'Call-ID: row-' || n, 'CSeq: 1 OPTIONS',
        'X-Fill: ' || repeat('x', 300), 'Content-Length: 0', '', '')
    from generate_series(${from}, ${from + count - 1}) n,
      lateral (select ${startMs}::bigint + n - ${from} as ms) at`)
}

/** The packets that arrived as imports. */
export const packetsOf = (records: readonly SpoolRecord[]): HepPacket[] =>
  records.map(({ bytes, transport }) => {
    const packet = decodeHep(Buffer.from(bytes))
    if (packet.kind !== 'packet' || transport !== 'import')
      throw new Error(`${transport} ${packet.kind}`)
    return packet
  })

/** Numbers of the rows that arrived, in order. */
export const numbersOf = (records: readonly SpoolRecord[]): number[] =>
  packetsOf(records)
    .map(({ payload }) => Number(/Call-ID: row-(\d+)/.exec(payload.toString())?.[1]))
    .sort((a, b) => a - b)

export const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
