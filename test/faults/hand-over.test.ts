// What cannot be stored in time is handed over to object storage and stored by another node: each message
// once, whatever is killed when, and the sums balance meanwhile.
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ledger } from '#contract'
import { ask, type Program, until } from '../program.ts'
import { handOverRig, post, spoolIdOf } from './hand-over-rig.ts'
import { expectNothingLost } from './truth.ts'

const ledgerOf = (program: Program) => ask<Ledger>(program, '/api/v1/ledger')

async function metric(program: Program, name: string): Promise<number> {
  const text = await (await fetch(`${program.url}/metrics`)).text()
  return Number(new RegExp(`^calliope_${name} (.*)$`, 'm').exec(text)?.[1])
}

test('a node without its database hands all over; it is pending, then stored once by another', async () => {
  await using rig = await handOverRig()
  const first = await rig.first()
  const promised = await post(first, 'before', 300)
  await expectNothingLost(first, rig.database.sql, { received: 300 })
  rig.way.cut()
  promised.push(...(await post(first, 'after', 5_000)))
  expect(await first.stop()).toBe(3)
  const word = await first.waitForLine((line) => 'handedOver' in line)
  expect(word.handedOver).toBe(5_000)
  expect(word.msg).toBe(
    '5000 packets were handed over to s3://calliope-test/voice/eu; another node stores them',
  )
  expect(rig.s3.objects.keys().filter((key) => key.includes('/handovers/'))).toHaveLength(1)

  // The bucket gives manifests and no parts: what is in it is known, and pending.
  rig.s3.fault = (method, key) =>
    method === 'GET' && key.includes('/parts/') ? 'denied' : undefined
  const other = await rig.other()
  const { error } = await other.waitForLine(({ msg }) => msg === 'could not store them; later')
  expect(error).toContain('AccessDenied')
  expect(error).toContain('s3:GetObject')
  await until(
    () => metric(other, 'handovers_waiting_frames'),
    (frames) => frames === 5_000,
  )
  const pending = { received: 5_300, stored: 300, pending: 5_000, balanced: true }
  expect(await ledgerOf(other)).toMatchObject(pending)
  expect(await metric(other, 'handovers_waiting')).toBe(1)

  rig.s3.fault = undefined
  await expectNothingLost(other, rig.database.sql, { received: 5_300, promised })
  await until(
    async () => rig.s3.objects.keys(),
    (keys) => keys.length === 0,
  )
  expect(await metric(other, 'adopted_frames_total')).toBe(5_000)

  // The same disk again: its spool is somebody else's now, and it begins another.
  const before = spoolIdOf(rig.data)
  await rig.way.open()
  const again = await rig.first()
  expect(spoolIdOf(rig.data)).not.toBe(before)
  promised.push(...(await post(again, 'again', 200)))
  await expectNothingLost(again, rig.database.sql, { received: 5_500, promised })
  expect(await Promise.all([again.stop(), other.stop()])).toEqual([0, 0])
}, 60_000)

test('a node whose database keeps up hands nothing over, however much waits', async () => {
  await using rig = await handOverRig()
  const first = await rig.first('--drain-timeout', '20s')
  const promised = await post(first, 'much', 30_000)
  expect(await first.stop()).toBe(0)
  expect(rig.s3.requests.filter((line) => line.includes('/parts/'))).toEqual([])
  const [counts] = await rig.database.sql`select sum(stored)::int as stored from spool_cursors`
  expect(counts.stored).toBe(promised.length)
}, 60_000)

test('adopters killed at any moment, and the first node back without its seal: each message once', async () => {
  await using rig = await handOverRig()
  const promised = await rig.handedOver(20_000, '--spool-file-bytes-max', '1MiB')
  rig.s3.fault = (method) => (method === 'GET' && Math.random() < 0.3 ? 'late' : undefined)
  for (const afterMs of [100, 500]) {
    const adopter = await rig.other('--store-batch-bytes', '64KiB')
    await adopter.waitForLine(({ msg }) => msg.startsWith('storing packets that'))
    await Bun.sleep(afterMs)
    await adopter.kill()
  }
  rmSync(join(rig.data, 'spool', 'handed-over.json'))
  await rig.way.open()
  const [other, again] = await Promise.all([rig.other(), rig.first()])
  promised.push(...(await post(again, 'more', 500)))
  await expectNothingLost(other, rig.database.sql, { received: 20_500, promised })
  await until(
    async () => rig.s3.objects.keys(),
    (keys) => keys.length === 0,
  )
  await expectNothingLost(again, rig.database.sql, { received: 20_500, promised })
  expect(await Promise.all([again.stop(), other.stop()])).toEqual([0, 0])
}, 90_000)

test('a node whose time runs out hands over a part; it and the first node store each message once', async () => {
  await using rig = await handOverRig()
  const first = await rig.first('--drain-timeout', '6s')
  rig.way.cut()
  const promised: string[] = []
  for (let i = 0; i < 3; i++) promised.push(...(await post(first, `part-${i}`, 10_000)))
  let puts = 0
  rig.s3.fault = (method, key) =>
    method === 'PUT' && key.includes('/http/') && ++puts === 3 ? 'silent' : undefined
  expect(await first.stop()).toBe(3)
  const { handedOver } = await first.waitForLine((line) => 'handedOver' in line)
  const { left } = await first.waitForLine((line) => 'left' in line && 'directory' in line)
  expect(Number(handedOver)).toBeGreaterThan(5_000)
  expect(Number(handedOver) + Number(left)).toBe(30_000)
  const spoolId = spoolIdOf(rig.data)
  await rig.way.open()
  const [other, again] = await Promise.all([rig.other(), rig.first()])
  expect(spoolIdOf(rig.data)).toBe(spoolId)
  await expectNothingLost(again, rig.database.sql, { received: 30_000, promised })
  await until(
    async () => rig.s3.objects.keys().filter((key) => key.includes('/handovers/')),
    (keys) => keys.length === 0,
  )
  await expectNothingLost(other, rig.database.sql, { received: 30_000, promised })
  expect(await Promise.all([again.stop(), other.stop()])).toEqual([0, 0])
}, 90_000)

test('a node killed while it hands over leaves nothing to adopt, and stores all when it is back', async () => {
  await using rig = await handOverRig()
  rig.s3.fault = (method, key) =>
    method === 'PUT' && key.includes('/http/') ? 'silent' : undefined
  const first = await rig.first()
  rig.way.cut()
  const promised = await post(first, 'killed', 1_000)
  first.process.kill('SIGTERM')
  await first.waitForLine(({ msg }) => msg.includes('handing it over'))
  await until(
    async () => rig.s3.requests.filter((line) => line.includes('/parts/')).length,
    (puts) => puts > 0,
  )
  await first.kill()
  expect(rig.s3.objects.keys().filter((key) => key.includes('/handovers/'))).toEqual([])
  const spoolId = spoolIdOf(rig.data)
  rig.s3.fault = undefined
  await rig.way.open()
  const again = await rig.first()
  expect(spoolIdOf(rig.data)).toBe(spoolId)
  await expectNothingLost(again, rig.database.sql, { received: 1_000, promised })
  expect(await again.stop()).toBe(0)
}, 60_000)

test('a key that is wrong is told of at the start, and leaves everything on the disk at the end', async () => {
  await using rig = await handOverRig()
  const first = await rig.first('--drain-handover-key-id', 'other-key')
  const told = await first.waitForLine(({ error }) => String(error).includes('InvalidAccessKeyId'))
  expect(told.error).toContain('check drain.handover_key_id and drain.handover_secret')
  expect(await metric(first, 'handover_place_up')).toBe(0)
  rig.way.cut()
  const promised = await post(first, 'kept', 400)
  expect(await first.stop()).toBe(3)
  const { left, directory } = await first.waitForLine(
    (line) => 'left' in line && 'directory' in line,
  )
  expect({ left, directory }).toEqual({ left: 400, directory: join(rig.data, 'spool') })
  expect(JSON.stringify(first.lines)).not.toContain('test-secret')
  await rig.way.open()
  const again = await rig.first()
  await expectNothingLost(again, rig.database.sql, { received: 400, promised })
  expect(await again.stop()).toBe(0)
}, 60_000)

test('calliope hand-over takes the disk of a dead node, lists what waits, and does without what is gone', async () => {
  await using rig = await handOverRig()
  const first = await rig.first()
  const promised = await post(first, 'rescued', 600)
  await expectNothingLost(first, rig.database.sql, { received: 600, promised })
  rig.way.cut()
  await post(first, 'lost', 400)
  const refused = await rig.byHand()
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('is in use by process') })
  await first.kill()
  expect((await rig.byHand()).said).toMatch(
    /^400 packets .* are in s3:\/\/calliope-test\/voice\/eu as/,
  )
  expect((await rig.byHand()).said).toContain('was handed over before: nothing to do')
  const { said } = await rig.byHand('list')
  const [id] = said.split('  ')
  expect(said).toMatch(/ first {2}400 packets /)
  for (const key of rig.s3.objects.keys()) if (key.includes('/http/')) rig.s3.objects.remove(key)
  const other = await rig.other()
  const { error } = await other.waitForLine(({ msg }) => msg === 'could not store them; later')
  expect(error).toContain(`is gone: put it back (an earlier version, a replica), or do without`)
  expect(error).toContain(`calliope hand-over accept-loss ${id}`)
  expect((await rig.byHand('accept-loss', id!)).code).toBe(0)
  const { ledger } = await expectNothingLost(other, rig.database.sql, { received: 1_000, promised })
  expect(ledger).toMatchObject({ stored: 600, dropped: { byReason: { spool_damaged: 400 } } })
  expect((await rig.byHand('list')).said).toContain('nothing waits in s3://')
  expect(await other.stop()).toBe(0)
}, 60_000)
