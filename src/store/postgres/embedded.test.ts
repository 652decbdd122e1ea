import { afterAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { SQL } from 'bun'
import { findBinaries } from './binaries.ts'
import { connect } from './connect.ts'
import { type EmbeddedServer, startEmbedded } from './embedded.ts'
import { readPidFile } from './server.ts'
import { removeAtExit } from './test-server.ts'

const settings = { fsync: 'off' }
const directories: string[] = []

function newDirectory(): string {
  const directory = join(mkdtempSync(join(tmpdir(), 'calliope-embedded-')), 'postgres')
  directories.push(directory)
  removeAtExit(directory)
  return directory
}

afterAll(() => {
  for (const directory of directories)
    rmSync(join(directory, '..'), { recursive: true, force: true })
})

/** Asks until the server answers. */
async function answer(sql: SQL): Promise<unknown> {
  for (;;) {
    try {
      const [row] = await sql`select count(*)::int as rows from kept`
      return row.rows
    } catch {
      await Bun.sleep(20)
    }
  }
}

async function withKeptRow(server: EmbeddedServer): Promise<SQL> {
  const sql = connect({ url: server.url, max: 1 })
  await sql`create table kept as select 1 as row`
  return sql
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !existsSync(`/proc/${pid}`) || statSync(`/proc/${pid}`).isDirectory()
  } catch {
    return false
  }
}

test('startEmbedded takes a directory relative to where it runs, as the default data_dir is', async () => {
  const directory = newDirectory()
  const server = await startEmbedded({ directory: relative(process.cwd(), directory), settings })
  try {
    expect(existsSync(join(directory, 'data', 'PG_VERSION'))).toBe(true)
  } finally {
    await server.stop()
  }
})

test('startEmbedded makes a server for a role that owns its database and nothing else', async () => {
  const directory = newDirectory()
  const server = await startEmbedded({ directory, settings })
  const sql = connect({ url: server.url, max: 1 })
  const [row] = await sql`select current_user as role, rolsuper, rolcreatedb, rolcreaterole
    from pg_roles where rolname = current_user`
  expect(row).toEqual({
    role: 'calliope',
    rolsuper: false,
    rolcreatedb: false,
    rolcreaterole: false,
  })
  expect(statSync(join(directory, 'credentials.json')).mode & 0o777).toBe(0o600)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(new URL(server.url).hostname).toBe('127.0.0.1')
  const { password } = new URL(server.url)
  const wrong = connect({ url: server.url.replace(password, 'guess'), max: 1 })
  expect(wrong`select 1`.execute()).rejects.toThrow('password authentication failed')
  await wrong.close({ timeout: 0 })
  await sql.close()
  const { pid } = server
  await server.stop()
  await server.stop()
  expect(isAlive(pid)).toBeFalse()
})

test('startEmbedded starts a server that was killed again, under the same URL', async () => {
  const server = await startEmbedded({ directory: newDirectory(), settings })
  const sql = await withKeptRow(server)
  const { pid } = server
  process.kill(pid, 'SIGKILL')
  while (server.restarts === 0) await Bun.sleep(10)
  expect(await answer(sql)).toBe(1)
  expect(server.pid).not.toBe(pid)
  await sql.close()
  await server.stop()
})

test('startEmbedded stops a server that its killed calliope left over, and keeps the data', async () => {
  const directory = newDirectory()
  const child = Bun.spawn(
    [process.execPath, '-e', CHILD, join(import.meta.dir, 'embedded.ts'), directory],
    { stdout: 'pipe', env: { ...process.env, CALLIOPE_LOG_LEVEL: 'silent' } },
  )
  const { value } = await child.stdout.getReader().read()
  const left = JSON.parse(new TextDecoder().decode(value)) as { pid: number; url: string }
  const sql = connect({ url: left.url, max: 1 })
  await sql`create table kept as select 1 as row`
  await sql.close()

  // In use: refused, and left alone.
  const refused = startEmbedded({ directory, settings })
  expect(refused).rejects.toThrow('is in use by another calliope process')
  await refused.catch(() => undefined)
  expect(isAlive(left.pid)).toBeTrue()

  child.kill('SIGKILL')
  await child.exited
  expect(readPidFile(join(directory, 'data'))?.pid).toBe(left.pid)
  const server = await startEmbedded({ directory, settings })
  expect(server.pid).not.toBe(left.pid)
  const again = connect({ url: server.url, max: 1 })
  expect(await answer(again)).toBe(1)
  await again.close()
  await server.stop()
})

const CHILD = `
  const [module, directory] = process.argv.slice(-2)
  const { startEmbedded } = await import(module)
  const server = await startEmbedded({ directory, settings: { fsync: 'off' } })
  process.stdout.write(JSON.stringify({ pid: server.pid, url: server.url }))
  setInterval(() => {}, 1000)`

test('startEmbedded refuses the data of another PostgreSQL version, naming both and what to do', async () => {
  const directory = newDirectory()
  mkdirSync(join(directory, 'data'), { recursive: true })
  writeFileSync(join(directory, 'data', 'PG_VERSION'), '13\n')
  writeFileSync(join(directory, 'credentials.json'), '{}')
  const { major } = await findBinaries()
  const refused = startEmbedded({ directory })
  expect(refused).rejects.toThrow(
    `was made by PostgreSQL 13, and the programs here are version ${major}`,
  )
  expect(refused).rejects.toThrow('CALLIOPE_POSTGRES_BIN')
})

test('startEmbedded begins again where making the data directory was cut short', async () => {
  const directory = newDirectory()
  mkdirSync(join(directory, 'data.new'), { recursive: true })
  writeFileSync(join(directory, 'data.new', 'PG_VERSION'), '18\n')
  const server = await startEmbedded({ directory, settings })
  expect(existsSync(join(directory, 'data.new'))).toBeFalse()
  await server.stop()
})

test('startEmbedded says what PostgreSQL said when it does not start', async () => {
  const directory = newDirectory()
  const refused = startEmbedded({ directory, settings: { shared_buffers: '1 parsec' } })
  expect(refused).rejects.toThrow(
    /PostgreSQL did not start in .+ \(exit code 1\): .*invalid value for parameter "shared_buffers"/,
  )
  // A code: the command prints such an error as a sentence, without a stack.
  expect(await refused.catch(({ code }) => code)).toBe('EMBEDDED_DATABASE')
})

test('findBinaries says where it looked', async () => {
  const found = findBinaries('/nowhere')
  expect(found).rejects.toThrow('/nowhere: no initdb and postgres there')
})
