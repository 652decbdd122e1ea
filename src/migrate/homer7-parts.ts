// Which tables of a database are homer7's, and of which parts they are made: heplify-server partitions by
// time, so a part is a partition, or a table that has none. Oldest first, all tables together: what the
// rotation will drop next is copied first, and what belongs together arrives together.
//
//   hep_proto_1_call ┬ hep_proto_1_call_20261120_0000     bounds are read from PostgreSQL, not from names
//                    └ hep_proto_1_call_20261120_0200
import type { SQL } from 'bun'
import { MigrateError } from './migrate-error.ts'

/** A table with rows of its own. */
export interface Homer7Part {
  /** As SQL writes it: "public"."hep_proto_1_call_20261120_0000". */
  readonly name: string
  /** The table it is a part of, likewise: what heplify-server writes to. */
  readonly table: string
  readonly oid: number
  /** Another one means the table was written anew, and places in it mean nothing any more. */
  readonly fileNode: number
  /** Of the table's name: 1 SIP, 5 RTCP … */
  readonly hepType: number
  /** Where its time ends, ms since 1970; Infinity for a table without partitions. */
  readonly toMs: number
  readonly bytes: number
  /** By PostgreSQL's statistics; undefined when it has none. */
  readonly rowsAbout: number | undefined
}

const COLUMNS = ['create_date', 'data_header', 'id', 'protocol_header', 'raw', 'sid']

// Partitions of partitions, and children by inheritance, are found alike.
const PARTS_SQL = `
  with recursive tree as (
    select c.oid, c.relname as root, format('%I.%I', n.nspname, c.relname) as root_name, c.oid as part
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and c.relname ~ '^hep_proto_[0-9]{1,3}_[a-z]+$'
      and n.nspname not in ('pg_catalog', 'information_schema')
    union all
    select tree.oid, tree.root, tree.root_name, i.inhrelid from tree join pg_inherits i on i.inhparent = tree.part
  )
  select format('%I.%I', n.nspname, c.relname) as name, c.oid::int8::text as oid, tree.root, tree.root_name,
    coalesce(pg_relation_filenode(c.oid), 0)::int8::text as file_node,
    pg_get_expr(c.relpartbound, c.oid) as bounds, pg_table_size(c.oid)::text as bytes,
    c.reltuples::float8 as tuples,
    (select array_to_json(array_agg(a.attname order by a.attname))::text from pg_attribute a
     where a.attrelid = c.oid and a.attname = any($1::text[]) and not a.attisdropped) as columns
  from tree join pg_class c on c.oid = tree.part join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r'`

interface PartRow {
  readonly name: string
  readonly oid: string
  readonly root: string
  readonly root_name: string
  readonly file_node: string
  readonly bounds: string | null
  readonly bytes: string
  readonly tuples: number
  readonly columns: string
}

/** The parts of the homer7 tables that the role may see, oldest first. */
export async function listParts(sql: SQL): Promise<readonly Homer7Part[]> {
  const rows: PartRow[] = await sql.unsafe(PARTS_SQL, [`{${COLUMNS.join()}}`])
  if (rows.length === 0)
    throw new MigrateError(
      'MIGRATE_NO_TABLES',
      'There are no homer7 tables (hep_proto_1_call …) in this database.',
      'Name the database that heplify-server writes to: its DBDataTable, mostly homer_data.',
    )
  for (const { name, columns } of rows) checkColumns(name, JSON.parse(columns ?? '[]'))
  const parts = rows.map(partOf)
  return parts.sort((a, b) => a.toMs - b.toMs || (a.name < b.name ? -1 : 1))
}

function checkColumns(name: string, columns: readonly string[]): void {
  const missing = COLUMNS.filter((column) => !columns.includes(column))
  if (missing.length > 0)
    throw new MigrateError(
      'MIGRATE_NOT_HOMER7',
      `${name} has no column ${missing.join(', ')}: it is not the homer7 layout.`,
      'Only homer7 tables can be copied; homer5 and MySQL cannot.',
    )
}

function partOf(row: PartRow): Homer7Part {
  const { name, oid, root, root_name: table, file_node, bounds, bytes, tuples } = row
  const [, end] = /TO \('([^']+)'\)/.exec(bounds ?? '') ?? []
  return {
    ...{ name, table, oid: Number(oid), fileNode: Number(file_node), bytes: Number(bytes) },
    hepType: Number(root.split('_')[2]),
    toMs: end === undefined ? Number.POSITIVE_INFINITY : timeMs(end),
    rowsAbout: tuples > 0 ? Math.round(tuples) : undefined,
  }
}

// '2026-11-21 06:00:00+00', as a session in UTC prints it. 'infinity' is no date and never over.
function timeMs(text: string): number {
  const ms = Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z'))
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms
}
