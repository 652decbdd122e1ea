// What keeps the program from starting: it ends soon, with a code that is not 0 and one sentence that
// says what, where, with which value, and what to do about it. Never a stack, never a password.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../src/store/postgres/test-server.ts'
import { startProgram, temporaryDirectory } from '../program.ts'
import { spawnProgram } from './spawn-program.ts'

const ENDS_MS_MAX = 10_000
const PASSWORD = 'hunter2-not-to-be-seen'

let database: TestDatabase
const cleanUp: (() => void)[] = []
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  for (const clean of cleanUp.reverse()) clean()
  await database[Symbol.asyncDispose]()
})

function newDirectory(): string {
  const directory = temporaryDirectory('calliope-start-')
  cleanUp.push(() => directory[Symbol.dispose]())
  return directory.path
}

/** Something that is not ours, listening. */
async function listener(answer: (server: Server) => void = () => {}): Promise<number> {
  const server = createServer()
  answer(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => server.close())
  return (server.address() as { port: number }).port
}

const databaseAt = (change: Partial<URL>): string =>
  Object.assign(new URL(database.url), change).href

/** Starts and ends; returns what a person reads. */
async function complaintOf(
  words: readonly string[],
  { code = 1 }: { code?: number } = {},
): Promise<string> {
  const { code: found, stderr, tookMs } = await spawnProgram(words).ended()
  const complaint = stderr
    .split('\n')
    .filter((line) => line && !line.startsWith('{'))
    .join('\n')
  expect(complaint).toStartWith('calliope: ')
  expect(stderr, 'no stack').not.toMatch(/^ +at |"stack"|"level":60/m)
  expect(stderr).not.toContain(PASSWORD)
  expect(stderr).not.toContain(new URL(database.url).password)
  expect(found).toBe(code)
  expect(tookMs).toBeLessThan(ENDS_MS_MAX)
  return complaint
}

const up = (...flags: string[]) =>
  complaintOf(['up', '--data-dir', newDirectory(), '--database', database.url, ...flags])

describe('an address that cannot be had is named with its flag', () => {
  test('HEP over UDP', async () => {
    const { port, stop } = await udpPort()
    expect(await up('--hep-udp', `127.0.0.1:${port}`)).toContain(
      `UDP on 127.0.0.1:${port}: it is in use by another program; stop that one or choose another port with --hep-udp HOST:PORT`,
    )
    expect(await up('--hep-udp', `127.0.0.1:${port}`, '--shards', '2')).toContain(
      `${port}: it is in use`,
    )
    stop()
  })

  test('HEP over TCP', async () => {
    const port = await listener()
    expect(await up('--hep-tcp', `127.0.0.1:${port}`)).toContain(
      `TCP on 127.0.0.1:${port}: it is in use by another program; stop that one or choose another port with --hep-tcp HOST:PORT`,
    )
  })

  test('HTTP', async () => {
    const port = await listener()
    const words = `127.0.0.1:${port}: another process has it. Stop that one, or choose another port with --http HOST:PORT.`
    expect(await up('--http', `127.0.0.1:${port}`)).toContain(words)
    const serve = ['serve', '--database', database.url, '--http', `127.0.0.1:${port}`]
    expect(await complaintOf(serve)).toContain(words)
  })

  test('an address of another machine', async () => {
    expect(await up('--hep-udp', '192.0.2.1:9060')).toContain(
      'UDP on 192.0.2.1:9060: it is not an address of this machine',
    )
  })

  test('a public HTTP address without a token, before a database is made', async () => {
    const data = newDirectory()
    const complaint = await complaintOf(['up', '--data-dir', data, '--http', '0.0.0.0:9080'], {
      code: 2,
    })
    expect(complaint).toContain("'0.0.0.0:9080' is open to other machines, so it needs a login")
    expect(complaint).toContain('CALLIOPE_HTTP_TOKEN')
    expect(await Bun.file(join(data, 'postgres', 'credentials.json')).exists()).toBeFalse()
  })

  test('TLS without a certificate', async () => {
    const words = ['up', '--data-dir', newDirectory(), '--hep-tls', '127.0.0.1:0']
    expect(await complaintOf(words, { code: 2 })).toContain('hep.tls_cert: is needed with hep.tls')
  })
})

async function udpPort() {
  const socket = await Bun.udpSocket({ hostname: '127.0.0.1' })
  return { port: socket.port, stop: () => socket.close() }
}

describe('a database that refuses is named, and what it wants', () => {
  const refusedBy = (url: string, command = 'capture') =>
    complaintOf([command, '--data-dir', newDirectory(), '--database', url])

  test.each(['up', 'capture', 'serve'])('calliope %s with a wrong password', async (command) => {
    const { host } = new URL(database.url)
    const complaint = await refusedBy(databaseAt({ password: PASSWORD }), command)
    expect(complaint).toContain('refuses the login; check user, password')
    expect(complaint).toContain(`calliope@${host}`)
  })

  test('no such database, and no such right', async () => {
    const missing = await refusedBy(databaseAt({ pathname: '/calls' }))
    expect(missing).toContain('CREATE DATABASE "calls" OWNER "calliope"')
    const closed = await refusedBy(databaseAt({ pathname: '/postgres' }))
    expect(closed).toContain('GRANT CREATE ON SCHEMA public TO "calliope"')
  })

  test('something that is not PostgreSQL', async () => {
    const port = await listener((server) =>
      server.on('connection', (socket) => {
        socket.on('error', () => {})
        socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      }),
    )
    const complaint = await refusedBy(`postgres://me:${PASSWORD}@127.0.0.1:${port}/calls`)
    expect(complaint).toContain('does not speak PostgreSQL; check host and port')
    expect(complaint).toContain(`me@127.0.0.1:${port}/calls`)
  })

  test('a URL that is none', async () => {
    const words = ['capture', '--database', `mysql://me:${PASSWORD}@db/calls`]
    expect(await complaintOf(words, { code: 2 })).toContain(
      'postgres://USER:PASSWORD@HOST:PORT/NAME',
    )
  })
})

describe('what a newer calliope wrote is refused, with both versions', () => {
  test('the schema', async () => {
    await using newer = await testDatabase()
    await newer.sql`create table schema_migrations (version integer, name text)`
    await newer.sql`insert into schema_migrations values (99, 'future')`
    for (const command of ['capture', 'serve']) {
      const words = [command, '--data-dir', newDirectory(), '--database', newer.url]
      const complaint = await complaintOf(words)
      expect(complaint).toMatch(/schema 99 of a newer calliope; this version knows up to \d/)
      expect(complaint).toContain(new URL(newer.url).pathname)
    }
  })

  test('the spool', async () => {
    const data = newDirectory()
    const json = join(data, 'spool', 'spool.json')
    mkdirSync(join(data, 'spool'))
    writeFileSync(json, JSON.stringify({ formatVersion: 99, spoolId: crypto.randomUUID() }))
    const words = ['up', '--data-dir', data, '--database', database.url]
    expect(await complaintOf(words)).toContain(`${json} was written in spool format 99`)
    writeFileSync(json, 'half')
    expect(await complaintOf(words)).toContain(`${json} is not a JSON object: delete this file`)
  })

  test('the embedded database', async () => {
    const data = newDirectory()
    mkdirSync(join(data, 'postgres', 'data'), { recursive: true })
    writeFileSync(join(data, 'postgres', 'data', 'PG_VERSION'), '99\n')
    const complaint = await complaintOf(['up', '--data-dir', data])
    expect(complaint).toContain(`${join(data, 'postgres', 'data')} was made by PostgreSQL 99`)
    expect(complaint).toContain('CALLIOPE_POSTGRES_BIN')
  })
})

describe('a data directory that cannot be used is named', () => {
  test('one in use by another calliope, its spool or its database', async () => {
    const data = newDirectory()
    const first = await startProgram(['--data-dir', data])
    const { pid } = first.process
    const same = await complaintOf(['up', '--data-dir', data])
    expect(same).toContain(`${join(data, 'spool')} is in use by process ${pid} on `)
    expect(same).toContain('give this one another data directory')
    const other = newDirectory()
    symlinkSync(join(data, 'postgres'), join(other, 'postgres'))
    expect(await complaintOf(['up', '--data-dir', other])).toContain(
      'is in use by another calliope process. Stop that one first, or choose another --data-dir',
    )
    expect((await fetch(`${first.url}/readyz`)).status, 'the first is unharmed').toBe(200)
    expect(await first.stop()).toBe(0)
    const copy = newDirectory()
    cpSync(data, copy, { recursive: true })
    rmSync(join(copy, 'postgres', 'credentials.json'))
    expect(await complaintOf(['up', '--data-dir', copy])).toContain('credentials.json is missing')
  }, 30_000)

  test('a file, and one on a file system that takes no directories', async () => {
    const file = join(newDirectory(), 'file')
    writeFileSync(file, '')
    const words = (data: string) => ['up', '--data-dir', data, '--database', database.url]
    expect(await complaintOf(words(file))).toContain(`${file}/spool cannot hold the spool`)
    expect(await complaintOf(words('/proc/calliope'))).toContain('/proc/calliope/spool cannot hold')
  })

  test('one nobody may write to', async () => {
    const data = newDirectory()
    if (!closeTo(data)) return sayUntested('a read-only file system')
    const words = ['up', '--data-dir', data, '--database', database.url]
    const complaint = await complaintOf(words)
    expect(complaint).toContain(`${join(data, 'spool')} cannot hold the spool`)
    expect(complaint).toContain('name a directory this user may write to, on a disk with space')
    const half = newDirectory()
    mkdirSync(join(half, 'postgres'))
    closeTo(join(half, 'postgres'))
    expect(await complaintOf(['up', '--data-dir', half])).toContain(
      `the embedded database cannot use ${join(half, 'postgres')}`,
    )
  })

  test('one too small for the embedded database', async () => {
    const data = newDirectory()
    if (!mount(data, 'size=1m')) return sayUntested('a disk too small for a database')
    const complaint = await complaintOf(['up', '--data-dir', data])
    expect(complaint).toContain(join(data, 'postgres'))
    expect(complaint).toContain('No space left on device')
  })
})

// Root may write anywhere but to what is mounted read-only.
function closeTo(directory: string): boolean {
  if (process.getuid?.() === 0) return mount(directory, 'ro')
  chmodSync(directory, 0o555)
  cleanUp.push(() => chmodSync(directory, 0o755))
  return true
}

function mount(directory: string, options: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  if (status === 0) cleanUp.push(() => void spawnSync('umount', [directory]))
  return status === 0
}

function sayUntested(what: string): void {
  process.stderr.write(`\nNOT TESTED: ${what} (mounting a tmpfs takes root)\n`)
}
