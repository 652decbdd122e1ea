import { expect, setDefaultTimeout, test } from 'bun:test'
import { messagesSql } from './segment-sql.ts'
import { segmentsIn, writerRig } from './test-rig.ts'
import { CALL_STEPS, callFrames } from './test-spool.ts'

const HOUR_US = 3_600_000_000
const MINUTE_US = 60_000_000
setDefaultTimeout(30_000) // the first test of a run starts a server
const CALLS = 150
/** So that they fill several blocks. */
const LONG = ['X-Long: '.padEnd(2_000, 'long ')]

test('RowsBuilder packs neighbouring rows in blocks and every row gives its own messages back', async () => {
  await using rig = await writerRig()
  const names = Array.from({ length: CALLS }, (_, i) => `call-${i}`)
  rig.spool.append(names.flatMap((name) => callFrames(name, { headers: LONG })))
  await rig.store()
  const rows = await segmentsIn(rig.database.sql)
  expect(rows).toHaveLength(CALLS)
  for (const { call_id, decoded } of rows) {
    expect(decoded).toHaveLength(CALL_STEPS.length)
    expect(new Set(decoded.map(({ sip }) => sip?.callId))).toEqual(new Set([call_id]))
  }
  const [packed] = await rig.database.sql`
    select count(messages)::int as blocks, sum(octet_length(messages))::int as bytes,
      sum(payload_bytes)::int as payload from call_segments`
  expect(packed.blocks).toBeGreaterThan(1)
  expect(packed.blocks).toBeLessThan(CALLS / 10)
  expect(packed.bytes * 8).toBeLessThan(packed.payload)
  expect(packed.payload).toBe(
    rows.flatMap(({ decoded }) => decoded).reduce((sum, { payload }) => sum + payload.length, 0),
  )
})

test('RowsBuilder ends a block with the hour, so that it lies in one partition', async () => {
  await using rig = await writerRig()
  const hour = Math.floor((Date.now() * 1000) / HOUR_US) * HOUR_US
  const frames = [-2, -1, 0].flatMap((hours) =>
    ['a', 'b', 'c'].flatMap((name, i) =>
      callFrames(`${name}${hours}`, { atUs: hour + hours * HOUR_US + i * 29 * MINUTE_US }),
    ),
  )
  rig.spool.append(frames)
  await rig.store({ partitionMs: 3_600_000 })
  const rows = await rig.database.sql`select call_id, block_place from call_segments order by id`
  expect(rows.map(({ block_place }: { block_place: number }) => block_place)).toEqual([
    0, 1, 2, 0, 1, 2, 0, 1, 2,
  ])
  for (const { call_id, decoded } of await segmentsIn(rig.database.sql)) {
    expect(decoded[0]?.sip?.callId).toBe(call_id)
  }
})

test('messagesSql looks for the block in the one partition where it can be', async () => {
  await using rig = await writerRig()
  const hour = Math.floor((Date.now() * 1000) / HOUR_US) * HOUR_US
  for (const hours of [-3, -2, -1]) {
    const atUs = hour + hours * HOUR_US
    rig.spool.append([
      ...callFrames(`first${hours}`, { atUs }),
      ...callFrames(`other${hours}`, { atUs }),
    ])
  }
  await rig.store({ partitionMs: 3_600_000 })
  const [plan] = await rig.database.sql.unsafe(
    `explain (analyze, format json) select ${messagesSql('s')} from call_segments s where call_id = 'other-2'`,
  )
  const text = JSON.stringify(plan)
  const subplan = text.slice(text.indexOf('SubPlan'))
  const scans = [...subplan.matchAll(/"Alias":"(b_\d+)".*?"Actual Loops":(\d+)/g)].map(
    ([, alias, loops]) => `${alias}: ${loops}`,
  )
  expect(scans.filter((scan) => scan.endsWith(': 1'))).toHaveLength(1)
})
