// The rows of the homer7 tables as plain data, whoever wrote them: times count from the start of the
// traffic, `raw` is its length and a digest, and what differs between any two runs (the id) is left out.
import { connect } from '#store'
import { keyOf } from './traffic.ts'

export interface Homer7Row {
  readonly key: string
  readonly table: string
  readonly sid: string
  /** Microseconds since the start; 'arrival' for a row that has the time at which it was received. */
  readonly atUs: number | 'arrival'
  /** protocol_header without the time, and whether that is the one of create_date. */
  readonly protocolHeader: Readonly<Record<string, unknown>>
  readonly dataHeader: Readonly<Record<string, unknown>>
  readonly raw: string
}

interface DatabaseRow {
  readonly table: string
  readonly sid: string
  readonly at_us: string
  readonly protocol_header: string
  readonly data_header: string
  readonly raw: string
}

/** The parents heplify-server 1.60.3 writes to. */
export const HOMER7_TABLES = [
  ...['hep_proto_1_call', 'hep_proto_1_registration', 'hep_proto_1_default'],
  ...['hep_proto_5_default', 'hep_proto_35_default', 'hep_proto_53_default'],
  ...['hep_proto_54_default', 'hep_proto_100_default'],
]

const ARRIVED_AFTER_US = 3600e6 // the traffic begins hours ago and lasts minutes

/** Every row of the homer7 tables there are, in the order of their keys. */
export async function readHomer7Rows(url: string, startUs: number): Promise<Homer7Row[]> {
  const sql = connect({ url, max: 1 })
  try {
    const rows: Homer7Row[] = []
    for (const table of HOMER7_TABLES) {
      const [there] = await sql`select to_regclass(${table}) as name`
      if (there.name === null) continue
      const found: DatabaseRow[] = await sql.unsafe(
        `select '${table}' as table, sid, (extract(epoch from create_date) * 1000000)::bigint::text as at_us,
                protocol_header::text, data_header::text, raw from ${table}`,
      )
      rows.push(...found.map((row) => plainRow(row, startUs)))
    }
    return rows.sort(byKey)
  } finally {
    await sql.close()
  }
}

const byKey = (a: Homer7Row, b: Homer7Row) => (`${a.key} ${a.raw}` < `${b.key} ${b.raw}` ? -1 : 1)

function plainRow(row: DatabaseRow, startUs: number): Homer7Row {
  const { timeSeconds, timeUseconds, ...header } = JSON.parse(row.protocol_header)
  const createdUs = Number(row.at_us)
  const sinceUs = createdUs - startUs
  const atUs = sinceUs > ARRIVED_AFTER_US && createdUs < Date.now() * 1000 ? 'arrival' : sinceUs
  const end = (which: string) => ({
    ip: String(header[`${which}Ip`]),
    port: header[`${which}Port`],
  })
  return {
    key: keyOf(header.payloadType, end('src'), end('dst'), atUs),
    table: row.table,
    sid: row.sid,
    atUs,
    protocolHeader: { ...header, times: timesOf(timeSeconds, timeUseconds, createdUs) },
    dataHeader: JSON.parse(row.data_header),
    raw: `${Buffer.byteLength(row.raw)} bytes ${Bun.hash(row.raw).toString(16)}`,
  }
}

// homer-app takes the time of a message from the header, and finds it by the column.
function timesOf(seconds: unknown, micros: unknown, createdUs: number): string {
  if (typeof seconds !== 'number' || typeof micros !== 'number') return 'not numbers'
  // heplify-server cuts nanoseconds off the one, PostgreSQL rounds the other.
  return Math.abs(seconds * 1e6 + micros - createdUs) <= 1
    ? 'as create_date'
    : 'other than create_date'
}
