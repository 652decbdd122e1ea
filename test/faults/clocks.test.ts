// Agents whose clocks jump, and partitions that are gone when rows are to go into them.
import { expect, test } from 'bun:test'
import type { CallDetail, CallPage } from '#contract'
import { listPartitions } from '../../src/store/postgres/partitions.ts'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { ask, settledLedger, startProgram, temporaryDirectory } from '../program.ts'
import { keepPosting, numberedFrame, postFrames } from './numbered-frames.ts'
import { frameOf, invite } from './poisons.ts'
import { expectNothingLost, identityOfFrame, readStored } from './truth.ts'

const DAY_US = 86_400_000_000

test('agent clocks that jump by days back and forward cost nothing: far off is our time, flagged', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-clocks-')
  const flags = ['--data-dir', data.path, '--database', database.url]
  const program = await startProgram([...flags, '--store-batch-wait', '50ms'])
  const startedUs = Date.now() * 1000
  // Days from now, and whether a clock that far off is believed (14 days back, 1 day ahead).
  const jumps = [0, -3, 0.9, -13.9, 2, -15, 400, -20_000, 0]
  const isBelieved = (days: number) => days > -14 && days <= 1
  const frames = jumps.map((days, i) =>
    frameOf(invite(`jump-${i}@clocks.test`), { atUs: startedUs + days * DAY_US }),
  )
  for (const frame of frames) await postFrames(program.url, [frame])
  // One call whose two messages are three days apart by two agents' clocks.
  const call = invite('two-clocks@clocks.test')
  const bye = Buffer.from(call.toString('latin1').replaceAll('INVITE', 'BYE'), 'latin1')
  await postFrames(program.url, [frameOf(call), frameOf(bye, { atUs: startedUs - 3 * DAY_US })])
  await settledLedger(program, frames.length + 2)
  for (const [i, days] of jumps.entries()) {
    const { messages } = await ask<CallDetail>(program, `/api/v1/calls/jump-${i}@clocks.test`)
    const { at, taps } = messages[0]!
    const wantedUs = startedUs + (isBelieved(days) ? days * DAY_US : 0)
    expect(Math.abs(Date.parse(at) * 1000 - wantedUs), `${days} days`).toBeLessThan(10e6)
    expect(taps[0]!.clockClamped).toBe(!isBelieved(days))
  }
  const both = await ask<CallDetail>(program, '/api/v1/calls/two-clocks@clocks.test')
  expect(both.messages.length).toBe(2)
  const to = new Date(Date.now() + (2 * DAY_US) / 1000).toISOString()
  const found = await ask<CallPage>(program, `/api/v1/calls?from=-30d&to=${to}&q=callid:jump-*`)
  expect(found.calls.length).toBe(jumps.length)
  await expectNothingLost(program, database.sql, { received: frames.length + 2 })
  expect(await program.stop()).toBe(0)
}, 30_000)

test('a partition dropped under the feet of the program is made again, and what comes after is in it', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-clocks-')
  const flags = ['--data-dir', data.path, '--database', database.url]
  const program = await startProgram([...flags, '--store-batch-wait', '50ms'])
  const stopping = new AbortController()
  const posting = keepPosting(program.url, { series: 'partition', signal: stopping.signal })
  const stored = async () => (await ask<{ stored: number }>(program, '/api/v1/ledger')).stored
  for (let round = 0; round < 3; round++) {
    const before = await stored()
    while ((await stored()) < before + 200) await Bun.sleep(20)
    const partitions = await listPartitions(database.sql)
    expect(partitions.length).toBeGreaterThan(0)
    for (const { name } of partitions) await database.sql.unsafe(`drop table ${name}`)
  }
  // Everything the writer took up after the last drop must be there.
  const after = Array.from({ length: 300 }, (_, i) => numberedFrame('after', i))
  expect((await postFrames(program.url, after)).status).toBe(200)
  stopping.abort()
  const { acknowledged } = await posting
  const ledger = await settledLedger(program, acknowledged.length + after.length)
  expect(ledger).toMatchObject({ rejected: { total: 0 }, dropped: { total: 0 } })
  expect(ledger.stored).toBe(ledger.received)
  const { identities, messages } = await readStored(database.sql)
  expect(identities.size).toBe(messages)
  expect(after.map(identityOfFrame).filter((identity) => !identities.has(identity))).toEqual([])
  expect(
    (await ask<CallDetail>(program, '/api/v1/calls/after-3@faults.example')).messages.length,
  ).toBe(10)
  expect(await program.stop()).toBe(0)
}, 30_000)
