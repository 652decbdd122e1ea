import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { openFleetRecord } from '../read/fleet-record.ts'
import { timeUs } from '../read/time-text.ts'
import { FleetHistory } from './fleet-history.ts'
import { type Heartbeat, writeHeartbeat } from './heartbeat.ts'

setDefaultTimeout(30_000) // the first test of a run starts a server
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
})
afterAll(() => database[Symbol.asyncDispose]())

const ALWAYS = [0, 4_000_000_000_000_000] as const

/** A node that beats each second of a clock of its own. */
class TestNode {
  readonly #history = new FleetHistory()
  readonly #startedAt = new Date(Date.now() - 60_000)
  readonly #node: string
  #nowMs = 0
  #received = 1_000 // since its spool was made: not of this life
  #dropped = 5

  constructor(node: string) {
    this.#node = node
  }

  async beat(state: Heartbeat['state'], packets = 0, dropped = 0): Promise<void> {
    this.#received += packets + dropped
    this.#dropped += dropped
    const beat: Heartbeat = {
      ...{ node: this.#node, spoolId: this.#node, version: '1', state, startedAt: this.#startedAt },
      ledger: {
        ...{ received: this.#received, appended: this.#received - this.#dropped },
        ...{ rejected: {}, dropped: { spool_full: this.#dropped } },
      },
      signals: { spoolAgeSeconds: packets / 100, cpuCores: 0.5 },
    }
    await this.#history.note(database.sql, beat, this.#nowMs)
    await writeHeartbeat(database.sql, beat)
    this.#nowMs += 1_000
  }
}

test('FleetHistory keeps every packet of a node in samples of both lengths', async () => {
  const node = new TestNode('counted')
  await node.beat('ready')
  for (let i = 0; i < 50; i++) await node.beat('ready', 100, i % 10 === 0 ? 2 : 0)
  await node.beat('stopped', 50)
  const rows: { span: number; packets: string; dropped: string; seconds: number; most: number }[] =
    await database.sql`select span_seconds as span, sum(packets) as packets, sum(dropped) as dropped,
      sum(seconds) as seconds, max(seconds) as most
      from fleet_samples where node = 'counted' group by 1 order by 1`
  // 51 beats of a second after the first one, 5 of them with two drops.
  for (const row of rows) expect(row).toMatchObject({ packets: '5060', dropped: '10', seconds: 51 })
  expect(rows.map(({ span }) => span)).toEqual([2, 60])
  expect(rows[0]!.most).toBe(2)
})

test('fleet record adds the nodes of a step up, and shows the busiest and the latest', async () => {
  await database.sql`delete from fleet_samples`
  const at = '2026-11-21T10:00:00Z'
  const add = (node: string, after: number, packets: number, age: number, cpu: number | null) =>
    database.sql`insert into fleet_samples values
      (2, ${at}::timestamptz + make_interval(secs => ${after}), ${node}, 2, ${packets}, 1, ${age}, ${cpu})`
  await add('a', 0, 200, 0.5, 0.25)
  await add('b', 0, 600, 3, 0.5)
  await add('a', 2, 400, 0.1, null)
  const fromUs = timeUs(at)!
  const record = openFleetRecord(database.sql)
  expect(await record.points(fromUs, fromUs + 60e6, 4)).toEqual([
    {
      ...{ at: '2026-11-21T10:00:00.000000Z', nodes: 2, packetsPerSecond: 300 },
      ...{ packetsPerSecondMax: 300, spoolAgeSeconds: 3, dropped: 3, cpuCores: 0.75 },
    },
  ])
  expect(await record.points(fromUs + 2e6, fromUs + 60e6, 2)).toMatchObject([
    { nodes: 1, packetsPerSecond: 200, cpuCores: null },
  ])
})

// Once the newest step showed the one node that had written first, as if the others had gone.
test('fleet record leaves out steps that not every node has told of yet', async () => {
  await database.sql`delete from fleet_samples`
  await database.sql`insert into fleet_samples
    select 2, to_timestamp(floor(extract(epoch from now()) / 2) * 2 - ago), 'a', 2, 10, 0, 0, null
    from generate_series(0, 20, 2) as ago`
  const points = await openFleetRecord(database.sql).points(...ALWAYS, 2)
  const newestMs = Date.parse(points.at(-1)!.at)
  expect(Date.now() - newestMs).toBeGreaterThan(5_900)
  expect(Date.now() - newestMs).toBeLessThan(9_000)
})

test('FleetHistory tells each life of a node once, and finds those that went silent', async () => {
  await database.sql`delete from fleet_events`
  const record = openFleetRecord(database.sql)
  const lives = async () =>
    (await record.events(...ALWAYS, 100)).map(({ node, kind }) => `${node} ${kind}`)
  const first = new TestNode('n1')
  for (const state of ['ready', 'ready', 'draining', 'draining', 'stopped'] as const)
    await first.beat(state)
  expect(await lives()).toEqual(['n1 gone', 'n1 draining', 'n1 came'])

  const killed = new TestNode('n2')
  await killed.beat('ready')
  await database.sql`update nodes set heartbeat_at = now() - interval '1 minute' where node = 'n2'`
  const witness = new TestNode('n3')
  for (let i = 0; i < 7; i++) await witness.beat('ready')
  expect(await lives()).toEqual([
    'n3 came',
    'n2 came',
    'n1 gone',
    'n1 draining',
    'n1 came',
    'n2 lost',
  ])
  await record.tell({ kind: 'scaled', reason: 'busy', nodesFrom: 1, nodesTo: 2 })
  expect((await record.events(...ALWAYS, 1))[0]).toMatchObject({
    ...{ kind: 'scaled', node: '', reason: 'busy', nodesFrom: 1, nodesTo: 2 },
  })
})

// A node that is killed and started again within 15 s never looks lost to the others.
test('FleetHistory says that a node came back without having stopped', async () => {
  await database.sql`delete from fleet_events`
  await new TestNode('again').beat('ready')
  await database.sql`update nodes set started_at = started_at - interval '1 hour' where node = 'again'`
  await new TestNode('again').beat('ready')
  const events = await openFleetRecord(database.sql).events(...ALWAYS, 100)
  expect(events.filter(({ node, kind }) => node === 'again' && kind === 'lost')).toMatchObject([
    { node: 'again', reason: 'was started again without having stopped' },
  ])
})
