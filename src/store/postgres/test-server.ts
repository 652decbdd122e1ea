// One PostgreSQL for all tests of a run, each test with a database of its own. Started by the first
// test file that asks. A shell waits for the end of its input, which comes when the test process ends
// in whatever way, and removes the server. CALLIOPE_POSTGRES_BIN runs the tests on another version.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect } from './connect.ts'
import { type EmbeddedServer, startEmbedded } from './embedded.ts'

export interface TestDatabase extends AsyncDisposable {
  /** For a role that owns this database and may do nothing else. */
  readonly url: string
  readonly sql: SQL
  /** For the superuser. */
  readonly adminUrl: string
}

interface Shared {
  readonly server: EmbeddedServer
  readonly admin: SQL
  readonly adminUrl: string
  databases: number
}

const KEY = Symbol.for('calliope.test-server')
const shared = globalThis as { [KEY]?: Promise<Shared> }

/** An empty database on the shared server. */
export async function testDatabase(): Promise<TestDatabase> {
  shared[KEY] ??= startShared()
  const test = await shared[KEY]
  const name = `test_${++test.databases}`
  await test.admin.unsafe(`create database ${name} owner calliope strategy file_copy`)
  const on = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
  const url = on(test.server.url)
  const sql = connect({ url, max: 4 })
  return {
    url,
    sql,
    adminUrl: on(test.adminUrl),
    [Symbol.asyncDispose]: async () => {
      await sql.close({ timeout: 0 })
      await test.admin.unsafe(`drop database ${name} with (force)`)
    },
  }
}

/** The shared server's own URL, for tests that need no database of their own. */
export async function testServer(): Promise<EmbeddedServer> {
  shared[KEY] ??= startShared()
  return (await shared[KEY]).server
}

async function startShared(): Promise<Shared> {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-test-'))
  const server = await startEmbedded({
    directory,
    settings: {
      ...{ fsync: 'off', full_page_writes: 'off', wal_compression: 'off' },
      max_connections: '200', // whole programs share it, twelve connections each
    },
  })
  removeAtExit(directory)
  const { superuserPassword } = JSON.parse(
    readFileSync(join(directory, 'credentials.json'), 'utf8'),
  ) as { superuserPassword: string }
  const url = new URL(server.url)
  const admin = Object.assign(new URL(url), {
    username: 'postgres',
    password: superuserPassword,
    pathname: '/postgres',
  })
  return { server, adminUrl: admin.href, admin: connect({ url: admin.href, max: 2 }), databases: 0 }
}

/** Ends the server and removes its directory when this process is gone, however it went. */
export function removeAtExit(directory: string): void {
  const script =
    'read -r x; kill -QUIT $(head -n 1 "$1/data/postmaster.pid"); sleep 0.2; rm -rf "$1"'
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.unref()
}
