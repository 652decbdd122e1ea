// Brings a database to this version's schema, in one transaction under an advisory lock: however many
// nodes start at once, one does it and the others find it done. A database that a newer calliope has
// migrated is refused, because this version would write rows the newer one misreads.
//
// A step is never changed once it is released; the next change is the next file in schema/.
import type { SQL, TransactionSQL } from 'bun'
import calls from '../schema/001-calls.sql' with { type: 'text' }
import people from '../schema/002-people.sql' with { type: 'text' }
import searches from '../schema/003-searches.sql' with { type: 'text' }
import shares from '../schema/004-shares.sql' with { type: 'text' }
import kpi from '../schema/005-kpi.sql' with { type: 'text' }
import search from '../schema/006-search.sql' with { type: 'text' }
import fleet from '../schema/007-fleet.sql' with { type: 'text' }
import handOvers from '../schema/008-hand-overs.sql' with { type: 'text' }
import blocks from '../schema/009-blocks.sql' with { type: 'text' }
import sharedTexts from '../schema/010-shared-texts.sql' with { type: 'text' }
import media from '../schema/011-media.sql' with { type: 'text' }
import { MAJOR_MIN } from './binaries.ts'
import { DatabaseError } from './database-error.ts'

const STEPS: readonly { readonly version: number; readonly name: string; readonly sql: string }[] =
  [
    { version: 1, name: 'calls', sql: calls },
    { version: 2, name: 'people', sql: people },
    { version: 3, name: 'searches', sql: searches },
    { version: 4, name: 'shares', sql: shares },
    { version: 5, name: 'kpi', sql: kpi },
    { version: 6, name: 'search', sql: search },
    { version: 7, name: 'fleet', sql: fleet },
    { version: 8, name: 'hand-overs', sql: handOvers },
    { version: 9, name: 'blocks', sql: blocks },
    { version: 10, name: 'shared-texts', sql: sharedTexts },
    { version: 11, name: 'media', sql: media },
  ]

/** The schema this version of calliope reads and writes. */
export const SCHEMA_VERSION = STEPS.at(-1)!.version

const MIGRATE_LOCK = 0x0ca1_1001

/** Creates or upgrades the schema; does nothing when it is up to date. */
export async function migrate(sql: SQL): Promise<void> {
  await checkServer(sql)
  if (missing(await appliedSteps(sql)).length === 0) return
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MIGRATE_LOCK})`
    await applySteps(tx, await appliedSteps(tx))
  })
}

async function applySteps(tx: TransactionSQL, applied: ReadonlySet<number>): Promise<void> {
  if (applied.size === 0) {
    await tx`create table schema_migrations (
      version integer primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`
  }
  for (const step of missing(applied)) {
    await tx.unsafe(step.sql)
    await tx`insert into schema_migrations (version, name) values (${step.version}, ${step.name})`
  }
}

const missing = (applied: ReadonlySet<number>) =>
  STEPS.filter(({ version }) => !applied.has(version))

/** None = nothing of ours there. Throws when the database is ahead of us. */
async function appliedSteps(sql: SQL): Promise<ReadonlySet<number>> {
  // Not to_regclass: it answers from a cache that waiting for an advisory lock does not refresh.
  const [table] = await sql`select from pg_tables
    where tablename = 'schema_migrations' and schemaname = current_schema()`
  if (!table) return new Set()
  const rows: { version: number }[] = await sql`select version from schema_migrations`
  const versions = rows.map(({ version }) => version)
  const newest = Math.max(0, ...versions)
  if (newest > SCHEMA_VERSION) {
    throw new DatabaseError(
      'DATABASE_NEWER',
      `the database has schema ${newest} of a newer calliope; this version knows up to ` +
        `${SCHEMA_VERSION}. Run the newer version, or use another database`,
    )
  }
  return new Set(versions)
}

async function checkServer(sql: SQL): Promise<void> {
  const [server] = await sql`select current_setting('server_version_num')::int as number,
    current_setting('server_version') as version, current_setting('server_encoding') as encoding`
  if (server.number < MAJOR_MIN * 10_000) {
    throw new DatabaseError(
      'DATABASE_VERSION',
      `the server is PostgreSQL ${server.version}; calliope needs ${MAJOR_MIN} or later`,
    )
  }
  if (server.encoding !== 'UTF8') {
    throw new DatabaseError(
      'DATABASE_ENCODING',
      `the database is encoded in ${server.encoding}; create it with ENCODING 'UTF8' TEMPLATE template0`,
    )
  }
}
