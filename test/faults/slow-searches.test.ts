// Searches that wait in the database take every connection they may have. Who asks and who logs in must
// not wait behind them, and nobody may take their waiting for a database that is gone.
import { expect, test } from 'bun:test'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { startProgram, temporaryDirectory } from '../program.ts'

const SEARCHES = 20 // more than there are connections for searches
const LOCKED_MS = 7_000 // longer than a login may wait for its rows

test('searches that wait for a lock hold up nobody who asks who they are, and end well', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-slow-')
  const program = await startProgram(['--data-dir', data.path, '--database', database.url])
  const open = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const locking = database.sql.begin(async (tx) => {
    await tx`lock table call_segments in access exclusive mode`
    held.resolve()
    await open.promise
  })
  await held.promise
  const searches = Array.from({ length: SEARCHES }, (_, n) =>
    fetch(`${program.url}/api/v1/calls?q=from:${n}*&from=-1h`).then(({ status }) => status),
  )
  const waits: number[] = []
  for (const endMs = performance.now() + LOCKED_MS; performance.now() < endMs; ) {
    const askedMs = performance.now()
    const { status } = await fetch(`${program.url}/api/v1/session`)
    waits.push(performance.now() - askedMs)
    expect(status).toBe(200)
    await Bun.sleep(250)
  }
  expect(Math.max(...waits)).toBeLessThan(1_000)
  open.resolve()
  await locking
  expect(await Promise.all(searches)).toEqual(Array.from({ length: SEARCHES }, () => 200))
  expect(await program.stop()).toBe(0)
}, 60_000)
