import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { migrate, SCHEMA_VERSION } from './migrate.ts'
import { testDatabase } from './test-server.ts'

test('migrate creates the schema as a role that owns nothing but its database', async () => {
  await using database = await testDatabase()
  await migrate(database.sql)
  await migrate(database.sql)
  const [row] = await database.sql`
    select max(version) as version, count(*)::int as steps from schema_migrations`
  expect(row).toEqual({ version: SCHEMA_VERSION, steps: SCHEMA_VERSION })
  const [role] = await database.sql`
    select rolsuper, rolcreatedb from pg_roles where rolname = current_user`
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
  await refused.catch(() => undefined)
})

test('migrate run by four processes at once applies each step once', async () => {
  await using database = await testDatabase()
  const script = `
    const [folder, url] = process.argv.slice(-2)
    const { connect } = await import(folder + '/connect.ts')
    const { migrate } = await import(folder + '/migrate.ts')
    const sql = connect({ url, max: 1 })
    await migrate(sql)
    await sql.close()`
  const children = Array.from({ length: 4 }, () =>
    Bun.spawn([process.execPath, '-e', script, import.meta.dir, database.url], {
      stderr: 'inherit',
      cwd: join(import.meta.dir, '../../..'),
    }),
  )
  expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([0, 0, 0, 0])
  const [row] = await database.sql`select count(*)::int as steps from schema_migrations`
  expect(row.steps).toBe(SCHEMA_VERSION)
})

test('migrate refuses a database that is not UTF-8', async () => {
  await using database = await testDatabase()
  const { connect } = await import('./connect.ts')
  const admin = connect({ url: database.adminUrl, max: 1 })
  const name = `latin1_${process.pid}`
  await admin.unsafe(
    `create database ${name} owner calliope encoding 'LATIN1' locale 'C' template template0`,
  )
  const sql = connect({
    url: Object.assign(new URL(database.url), { pathname: `/${name}` }).href,
    max: 1,
  })
  const refused = migrate(sql)
  expect(refused).rejects.toMatchObject({ code: 'DATABASE_ENCODING' })
  await refused.catch(() => undefined)
  await sql.close()
  await admin.unsafe(`drop database ${name}`)
  await admin.close()
})
