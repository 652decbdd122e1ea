import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { CallDetail, CallPage, Ledger } from '#contract'
import { decodeHep } from '#hep'
import { type TestDatabase, testDatabase } from '../../src/store/postgres/test-server.ts'
import { ask, type Program, settledLedger, startProgram, temporaryDirectory } from '../program.ts'
import { postFrames } from './numbered-frames.ts'
import { frameOf, invite, POISONS, REFUSED_USER } from './poisons.ts'
import { readPayloads } from './truth.ts'

/** Good messages beside the bad one; two of them are legs of one call. */
const GOOD = 8
const POSITIONS = { first: 0, middle: GOOD / 2, last: GOOD } as const

let database: TestDatabase
let data: ReturnType<typeof temporaryDirectory>
let program: Program
const sent: Buffer[] = []
beforeAll(async () => {
  database = await testDatabase()
  data = temporaryDirectory('calliope-poison-')
  program = await startProgram([
    ...['--data-dir', data.path, '--database', database.url],
    ...['--store-batch-wait', '30ms', '--store-custom-headers', 'X-Foo'],
  ])
  await database.sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'this user is not wanted'; end $$;
    create trigger refuse before insert on call_segments for each row
      when (new.from_user = '${REFUSED_USER}') execute function refuse()`)
})
afterAll(async () => {
  await program.stop()
  data[Symbol.dispose]()
  await database[Symbol.asyncDispose]()
})

let batches = 0
/** Calls that nothing is wrong with; their users are found by `from:good-N-*`. */
function goodFrames(batch: number): Buffer[] {
  const first = `good-${batch}-0@poison.test`
  return Array.from({ length: GOOD }, (_, i) => {
    const headers = [`X-Foo: foo-${batch}`, ...(i === GOOD - 1 ? [`X-CID: ${first}`] : [])]
    const call = invite(`good-${batch}-${i}@poison.test`, { from: `good-${batch}-${i}`, headers })
    return frameOf(call)
  })
}

/** One body is one batch: the one before is stored before it is sent. */
async function store(frames: readonly Buffer[]): Promise<Ledger> {
  sent.push(...frames)
  expect((await postFrames(program.url, frames)).status).toBe(200)
  const ledger = await settledLedger(program, sent.length)
  expect(ledger).toMatchObject({
    stored: sent.length,
    rejected: { total: 0 },
    dropped: { total: 0 },
  })
  return ledger
}

async function expectGood(batch: number): Promise<void> {
  const page = await ask<CallPage>(program, `/api/v1/calls?q=from:good-${batch}-*&limit=50`)
  expect(page.calls.length).toBe(GOOD)
  const foo = await ask<CallPage>(program, `/api/v1/calls?q=header.X-Foo:foo-${batch}&limit=50`)
  expect(foo.calls.length).toBe(GOOD)
  const leg = `good-${batch}-0@poison.test`
  const { legs, messages } = await ask<CallDetail>(program, `/api/v1/calls/${leg}`)
  expect(legs.map(({ callId }) => callId).sort()).toEqual([
    leg,
    `good-${batch}-${GOOD - 1}@poison.test`,
  ])
  expect(messages.length).toBe(2)
}

test.each(Object.keys(POISONS))(
  '%s, anywhere in a batch: stored, and the messages around it unharmed',
  async (name) => {
    const poison = POISONS[name]!
    for (const position of Object.values(POSITIONS)) {
      const batch = batches++
      await store(goodFrames(batch).toSpliced(position, 0, poison()))
      await expectGood(batch)
    }
    await store([poison()])
  },
  20_000,
)

test('every message of those batches is in the database exactly once', async () => {
  const payloads = sent.map((frame) => {
    const packet = decodeHep(frame)
    return packet.kind === 'packet' ? packet.payload.toString('latin1') : ''
  })
  expect((await readPayloads(database.sql)).sort()).toEqual(payloads.sort())
  // Only what the trigger refused lost its searched columns.
  const bare = await database.sql`
    select id from call_segments where call_id = '' and src_ip is null and capture_ids is null
      and captured_ref is null`
  expect(bare.length).toBe(Object.keys(POSITIONS).length + 1)
})

test('the page of a search over all of it comes', async () => {
  const { calls } = await ask<CallPage>(program, '/api/v1/calls?from=-1h&limit=500')
  expect(calls.length).toBeGreaterThan(400)
  for (const { callId } of calls.filter((call) => !call.callId.startsWith('good')))
    await ask<CallDetail>(program, `/api/v1/calls/${encodeURIComponent(callId)}`)
})
