import { expect, test } from 'bun:test'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Manifest, openReader } from '#spool'
import { homer7Options } from '../homer7/test-homer7.ts'
import { readLedger } from '../read/read-ledger.ts'
import { type WriterRig, writerRig } from '../write/test-rig.ts'
import { CALL_STEPS, callFrames } from '../write/test-spool.ts'
import { adoptSpool } from './adopt-spool.ts'
import {
  claimHandOver,
  finishHandOver,
  forgetHandOvers,
  lanesBehind,
  registerHandOver,
  releaseHandOver,
} from './hand-over-rows.ts'

const calls = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => callFrames(`call-${from + i}`)).flat()

/** What a hand-over of everything after the store's mark would say. */
function manifestOf({ spool }: WriterRig, changes: Partial<Manifest> = {}): Manifest {
  const reader = openReader({ directory: spool.directory, lane: 'udp-0' })
  let chunk = reader.read()
  let last = chunk
  while (chunk) {
    last = chunk
    chunk = reader.read()
  }
  reader.close()
  const { next: to, intake } = last!
  const from = { file: 0, offset: 0, records: 0 }
  return {
    ...{ format: 1, id: crypto.randomUUID(), spoolId: spool.spool.id, node: 'dead', version: '1' },
    ...{ at: new Date().toISOString(), frames: to.records, bytes: 1, isWhole: true },
    lanes: [{ lane: 'udp-0', from, to, intake: intake!, parts: [] }],
    ...changes,
  }
}

/** A copy of the rig's spool, as an adopter fetches it. */
function copied(rig: WriterRig): { directory: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-adopted-'))
  cpSync(rig.spool.directory, directory, { recursive: true })
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

const adopt = (rig: WriterRig, manifest: Manifest, directory: string, signal?: AbortSignal) =>
  adoptSpool({
    ...{ sql: rig.database.sql, manifest, signal: signal ?? new AbortController().signal },
    writer: { ...rig.options, spoolDirectory: directory, node: manifest.node, batchBytes: 65_536 },
  })

async function expectOnce(rig: WriterRig, count: number): Promise<void> {
  const stored = await rig.storedPayloads()
  expect(stored.size).toBe(count * CALL_STEPS.length)
  expect(Math.max(...stored.values())).toBe(1)
}

test('adoptSpool goes on from the cursor, and its packets are pending until then', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 50))
  await rig.store()
  rig.spool.append(calls(50, 200))
  const manifest = manifestOf(rig)
  await registerHandOver(rig.database.sql, manifest)
  const ledger = async () => await readLedger(rig.database.sql, () => [])
  const all = { received: 200 * CALL_STEPS.length, balanced: true }
  const pending = 150 * CALL_STEPS.length
  expect(await ledger()).toMatchObject({ ...all, pending })
  using copy = copied(rig)
  expect(await adopt(rig, manifest, copy.directory)).toBe(true)
  expect(await ledger()).toMatchObject({ ...all, pending: 0, stored: all.received })
  await expectOnce(rig, 200)
})

test('adoptSpool stores in every layout that is written, each from its own cursor', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 10))
  await rig.store() // where homer7 has stored nothing yet
  rig.spool.append(calls(10, 20))
  const manifest = manifestOf(rig)
  await registerHandOver(rig.database.sql, manifest)
  using copy = copied(rig)
  const { url: _, ...homer7 } = homer7Options(rig.database.url, rig.spool)
  const { signal } = new AbortController()
  const layouts = ['calls', 'homer7'] as const
  const writer = { ...rig.options, spoolDirectory: copy.directory, node: manifest.node }
  const adopted = { sql: rig.database.sql, manifest, signal }
  expect(await adoptSpool({ ...adopted, writer: { ...writer, layouts, homer7 } })).toBe(true)
  await expectOnce(rig, 20)
  const [rows] = await rig.database.sql`
    select count(*)::int as rows, count(distinct raw)::int as different from hep_proto_1_call`
  expect(rows).toEqual({ rows: 20 * CALL_STEPS.length, different: 20 * CALL_STEPS.length })
})

test('adoptSpool beside the spool’s own writer and another adopter stores each message once', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 1_500))
  const manifest = manifestOf(rig)
  await registerHandOver(rig.database.sql, manifest)
  using one = copied(rig)
  using two = copied(rig)
  const all = [adopt(rig, manifest, one.directory), adopt(rig, manifest, two.directory)]
  await Promise.all([...all, rig.store({ batchBytes: 65_536 })])
  await expectOnce(rig, 1_500)
}, 30_000)

test('adoptSpool stopped in the middle leaves the rest to the next', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 1_000))
  const manifest = manifestOf(rig)
  const { sql } = rig.database
  await registerHandOver(sql, manifest)
  const stopping = new AbortController()
  using one = copied(rig)
  const stopped = adopt(rig, manifest, one.directory, stopping.signal)
  const stored = async () => (await sql`select sum(stored)::int as n from spool_cursors`)[0].n
  while (((await stored()) ?? 0) === 0) await Bun.sleep(1)
  stopping.abort()
  expect(await stopped).toBe(false)
  using two = copied(rig)
  expect(await adopt(rig, manifest, two.directory)).toBe(true)
  await expectOnce(rig, 1_000)
}, 30_000)

test('adoptSpool that reads less than was handed over says so, until the loss is accepted', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 20))
  const manifest = manifestOf(rig)
  const [lane] = manifest.lanes
  const more = { ...lane!.to, records: lane!.to.records + 7 }
  const lacking = {
    ...manifest,
    lanes: [
      {
        ...lane!,
        to: more,
        intake: { ...lane!.intake, received: more.records, appended: more.records },
      },
    ],
  }
  const { sql } = rig.database
  await registerHandOver(sql, lacking)
  using copy = copied(rig)
  const trying = adopt(rig, lacking, copy.directory)
  await expect(trying).rejects.toThrow(/^7 packets of hand-over .* \(udp-0\) could not be read/)
  expect(await lanesBehind(sql, lacking)).toEqual([{ lane: 'udp-0', frames: 7 }])
  expect(await adopt(rig, { ...lacking, isLossAccepted: true }, copy.directory)).toBe(true)
  expect(await readLedger(sql, () => [])).toMatchObject({
    ...{ received: 147, stored: 140, pending: 0, balanced: true },
    dropped: { byReason: { spool_damaged: 7 } },
  })
})

test('registerHandOver takes packets a database of before has for stored, and rising counts for newer', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 10))
  const manifest = manifestOf(rig)
  const [lane] = manifest.lanes
  const from = { file: 1, offset: 100, records: 30 }
  const { sql } = rig.database
  await registerHandOver(sql, { ...manifest, lanes: [{ ...lane!, from }] })
  expect(await readLedger(sql, () => [])).toMatchObject({ received: 70, stored: 30, pending: 40 })
  const older = { received: 1, appended: 1, rejected: {}, dropped: {} }
  await registerHandOver(sql, { ...manifest, lanes: [{ ...lane!, intake: older }] })
  expect(await readLedger(sql, () => [])).toMatchObject({ received: 70, stored: 30, pending: 40 })
})

test('claimHandOver gives one to one at a time, and to another when the lease is over', async () => {
  await using rig = await writerRig()
  rig.spool.append(calls(0, 1))
  const manifest = manifestOf(rig)
  const { sql } = rig.database
  const { id } = manifest
  expect((await registerHandOver(sql, manifest)).storedAt).toBeNull()
  const claims = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      claimHandOver(sql, { id, by: `node-${i}`, leaseMs: 60_000 }),
    ),
  )
  expect(claims.filter(Boolean)).toHaveLength(1)
  const by = `node-${claims.indexOf(true)}`
  expect(await claimHandOver(sql, { id, by, leaseMs: 1 })).toBe(true)
  await Bun.sleep(5)
  expect(await claimHandOver(sql, { id, by: 'next', leaseMs: 60_000 })).toBe(true)
  expect(await claimHandOver(sql, { id, by, leaseMs: 60_000 })).toBe(false)
  await releaseHandOver(sql, { id, by, trouble: 'not mine' })
  await releaseHandOver(sql, { id, by: 'next', trouble: 'no room' })
  expect((await registerHandOver(sql, manifest)).trouble).toBe('no room')
  expect(await claimHandOver(sql, { id, by, leaseMs: 60_000 })).toBe(true)
  await finishHandOver(sql, id)
  expect(await claimHandOver(sql, { id, by, leaseMs: 60_000 })).toBe(false)
  expect((await registerHandOver(sql, manifest)).storedAt).toBeInstanceOf(Date)
  await forgetHandOvers(sql, 0)
  expect((await registerHandOver(sql, manifest)).storedAt).toBeNull()
})
