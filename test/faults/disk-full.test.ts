import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Ledger } from '#contract'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { ask, startProgram, temporaryDirectory, until } from '../program.ts'
import { SEND } from '../senders.ts'
import { userServer } from './databases.ts'
import { numberedFrames, postFrames } from './numbered-frames.ts'
import { tinyDisk } from './tiny-disk.ts'
import { expectNothingLost, identityOfFrame } from './truth.ts'

const FRAMES = 3_000
const BATCH_BYTES = 256 * 1024 // of the spool: flushBytes

test('a full disk under the spool drops UDP with a reason, holds TCP back, refuses HTTP, and goes on when there is room', async () => {
  using disk = tinyDisk(24)
  if (!disk) return
  await using database = await testDatabase()
  const program = await startProgram([
    ...['--data-dir', join(disk.path, 'data'), '--database', database.url],
    ...['--spool-bytes-max', '16MiB', '--spool-file-bytes-max', '1MiB'],
  ])
  const before = numberedFrames('before', 500)
  expect((await postFrames(program.url, before)).status).toBe(200)
  disk.fill()
  // Whatever had room in files already begun is used up by this.
  let dropped = 0
  for (let round = 0; dropped === 0 && round < 50; round++) {
    await SEND.udp(program, numberedFrames(`udp-${round}`, FRAMES))
    dropped = (await ask<Ledger>(program, '/api/v1/ledger')).dropped.byReason.disk_error ?? 0
    disk.fill() // files the store has passed were deleted
  }
  expect(dropped).toBeGreaterThan(0)
  expect((await postFrames(program.url, numberedFrames('refused', 50))).status).toBe(503)
  const held = numberedFrames('tcp', FRAMES)
  const sent = SEND.tcp(program, held)
  const metric = async () => (await fetch(`${program.url}/metrics`)).text()
  await until(metric, (text) => /calliope_intake_pushed_back_total [1-9]/.test(text))
  disk.free()
  await sent
  await until(
    () => ask<Ledger>(program, '/api/v1/ledger'),
    ({ pending, balanced }) => pending === 0 && balanced,
  )
  const promised = before.map(identityOfFrame)
  const { ledger, stored } = await expectNothingLost(program, database.sql, { promised })
  // The lane of the streams learned of the full disk from the batch that failed, and dropped that one
  // with its reason; everything behind it waited in the sockets.
  const missing = held.filter((frame) => !stored.identities.has(identityOfFrame(frame)))
  expect(missing.length * held[0]!.length).toBeLessThan(BATCH_BYTES)
  expect(ledger.dropped.byReason.disk_error).toBeGreaterThanOrEqual(missing.length)
  expect(ledger.received).toBe(ledger.stored + ledger.dropped.total)
  expect(await program.stop()).toBe(0)
}, 90_000)

test('a full disk under the database is delay, not loss', async () => {
  using disk = tinyDisk(160)
  if (!disk) return
  // Not in the test's temporary directory: this one is the disk.
  await using server = await userServer({ directory: join(disk.path, 'postgres') })
  const database = await server.freshDatabase()
  using data = temporaryDirectory('calliope-full-')
  const program = await startProgram(['--data-dir', data.path, '--database', database.url])
  const frames = numberedFrames('early', 500)
  expect((await postFrames(program.url, frames)).status).toBe(200)
  await expectNothingLost(program, database.sql, {
    promised: frames.map(identityOfFrame),
    received: 500,
  })
  disk.fill()
  const promised = frames.map(identityOfFrame)
  const isAway = async () => (await fetch(`${program.url}/readyz`)).status
  let late = 0
  const postLate = async () => {
    const some = numberedFrames('late', 500, late)
    late += 500
    expect((await postFrames(program.url, some)).status).toBe(200)
    promised.push(...some.map(identityOfFrame))
    return isAway()
  }
  await until(postLate, (status) => status === 503, 30_000)
  disk.free()
  await until(isAway, (status) => status === 200, 40_000)
  await expectNothingLost(program, database.sql, { promised, received: 500 + late })
  expect(await program.stop()).toBe(0)
}, 120_000)
