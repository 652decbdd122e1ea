// What homer-app keeps in its own database: who may log in, names for addresses, and what it searches and
// correlates by. Read only; tables that an older version does not have are empty.
import type { SQL } from 'bun'
import { MigrateError } from '../migrate-error.ts'

export interface HomerUser {
  readonly username: string
  readonly usergroup: string
  /** bcrypt. */
  readonly hash: string
  readonly enabled: boolean
}

export interface HomerAlias {
  readonly alias: string
  readonly ip: string
  readonly port: number
  /** Bits of a network. */
  readonly mask: number | null
  readonly captureId: string
  readonly isActive: boolean
}

/** What homer-app shows and correlates for one kind of message. */
export interface HomerMapping {
  readonly hepId: number
  readonly profile: string
  readonly fields: readonly HomerField[]
  readonly rules: readonly HomerRule[]
}

/** As in the JSON of fields_mapping, as far as it is looked at. */
export interface HomerField {
  readonly id?: unknown
  readonly name?: unknown
}

/** As in the JSON of correlation_mapping, as far as it is looked at. */
export interface HomerRule {
  readonly source_field?: unknown
  readonly lookup_id?: unknown
  readonly lookup_profile?: unknown
  readonly lookup_field?: unknown
  readonly input_function_js?: unknown
  readonly input_script?: unknown
  readonly output_script?: unknown
}

export interface HomerConfig {
  readonly users: readonly HomerUser[]
  readonly aliases: readonly HomerAlias[]
  readonly mappings: readonly HomerMapping[]
  /** What has no counterpart here. */
  readonly others: { readonly tokens: number; readonly dashboards: number }
}

/** Reads a homer_config database. Throws MigrateError when it is none. */
export async function readHomerConfig(sql: SQL): Promise<HomerConfig> {
  const tables = await columnsOf(sql)
  // A Calliope has users too.
  if (!tables.get('users')?.has('username') || !tables.has('mapping_schema'))
    throw new MigrateError(
      'MIGRATE_NO_TABLES',
      'There are no tables of homer-app (users, mapping_schema, alias) in this database.',
      'Name the database in "database_config" of webapp_config.json, mostly homer_config.',
    )
  const has = (table: string, column = 'id') => tables.get(table)?.has(column) ?? false
  return {
    users: await sql`select username, usergroup, hash, coalesce(enabled, true) as enabled
      from users order by username`,
    aliases: has('alias', 'ip')
      ? await sql`select alias, ip, coalesce(port, 0)::int as port, mask::int as mask,
          coalesce("captureID", '') as "captureId", coalesce(status, true) as "isActive"
          from alias order by id`
      : [],
    mappings: await readMappings(sql),
    others: {
      tokens: has('auth_token') ? await countOf(sql, 'auth_token where active') : 0,
      dashboards: has('user_settings')
        ? await countOf(sql, "user_settings where category = 'dashboard'")
        : 0,
    },
  }
}

async function columnsOf(sql: SQL): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows: { table: string; columns: string }[] = await sql`
    select table_name as table, string_agg(column_name, ' ') as columns
    from information_schema.columns where table_schema = current_schema() group by table_name`
  return new Map(rows.map(({ table, columns }) => [table, new Set(columns.split(' '))]))
}

async function readMappings(sql: SQL): Promise<readonly HomerMapping[]> {
  const rows: { hepId: number; profile: string; fields: string; rules: string }[] = await sql`
    select hepid::int as "hepId", profile, fields_mapping::text as fields,
      correlation_mapping::text as rules
    from mapping_schema order by hepid, profile`
  return rows.map(({ hepId, profile, fields, rules }) => ({
    ...{ hepId, profile, fields: listOf<HomerField>(fields), rules: listOf<HomerRule>(rules) },
  }))
}

/** People edit these by hand: what is no list of objects is none. */
function listOf<Item>(text: string | null): readonly Item[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]')
    const isObject = (item: unknown) => typeof item === 'object' && item !== null
    return Array.isArray(value) ? (value.filter(isObject) as Item[]) : []
  } catch {
    return []
  }
}

async function countOf(sql: SQL, from: string): Promise<number> {
  const [row] = await sql.unsafe(`select count(*)::int as count from ${from}`)
  return row.count
}
