// A row that PostgreSQL refuses by itself (a constraint, a trigger, an index somebody added) goes into a table
// of ours with the reason, byte by byte, so that it can be looked at and put back; the others of its batch
// are stored as ever.
import type { SQL } from 'bun'
import { SET_ASIDE_TABLE } from './tables.ts'

const PG_EPOCH_US = 946_684_800_000_000n

/** Puts a row, as binary COPY has it, aside. */
export async function setAside(tx: SQL, table: string, row: Buffer, reason: string): Promise<void> {
  const [sid, createDate, protocolHeader, dataHeader, raw] = fieldsOf(row)
  const us = Number(createDate!.readBigInt64BE() + PG_EPOCH_US)
  await tx`
    insert into ${tx(SET_ASIDE_TABLE)}
      (table_name, create_date, reason, sid, protocol_header, data_header, raw)
    values (${table}, ${new Date(us / 1000).toISOString()}, ${reason}, ${sid}, ${json(protocolHeader)},
      ${json(dataHeader)}, ${raw})`
}

/** Without jsonb's version byte. */
const json = (field: Buffer | undefined): Buffer | undefined => field?.subarray(1)

function fieldsOf(row: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 2; at < row.length; ) {
    const bytes = row.readInt32BE(at)
    fields.push(row.subarray(at + 4, at + 4 + bytes))
    at += 4 + bytes
  }
  return fields
}
