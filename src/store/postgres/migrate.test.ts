import { expect, test } from 'bun:test'
import { migrate, SCHEMA_VERSION } from './migrate.ts'
import { testDatabase } from './test-server.ts'

test('migrate creates the schema as a role that owns nothing but its database', async () => {
  await using database = await testDatabase()
  await migrate(database.sql)
  await migrate(database.sql)
  const [row] =
    await database.sql`select max(version) as version, count(*)::int as steps from schema_migrations`
  expect(row).toEqual({ version: SCHEMA_VERSION, steps: SCHEMA_VERSION })
  const [role] =
    await database.sql`select rolsuper, rolcreatedb from pg_roles where rolname = current_user`
  expect(role).toEqual({ rolsuper: false, rolcreatedb: false })
})

test('migrate refuses a database that a newer calliope has migrated, naming both versions', async () => {
  await using database = await testDatabase()
  await migrate(database.sql)
  await database.sql`insert into schema_migrations (version, name) values (99, 'later')`
  const refused = migrate(database.sql)
  expect(refused).rejects.toMatchObject({ code: 'DATABASE_NEWER', retryable: false })
  expect(refused).rejects.toThrow(
    `schema 99 of a newer calliope; this version knows up to ${SCHEMA_VERSION}`,
  )
})
