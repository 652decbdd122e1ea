// The whole program: senders, a relay, four nodes on one database; a node and the relay itself are killed
// under load.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildTrafficRing, sendTraffic } from '#fleet'
import { type UserDatabase, type UserServer, userServer } from '../faults/databases.ts'
import { keepPosting } from '../faults/numbered-frames.ts'
import { readStored } from '../faults/truth.ts'
import { ask, type Program, startProgram, temporaryDirectory, until } from '../program.ts'

interface RelayLedger {
  readonly received: number
  readonly appended: number
  readonly pending: number
  readonly balanced: boolean
  readonly destinations: readonly { name: string; relayed: number; pending: number }[]
}

const data = temporaryDirectory('calliope-relay-')
let server: UserServer
let database: UserDatabase
let nodes: Program[]
let relay: Program

beforeAll(async () => {
  server = await userServer({ settings: { max_connections: '200' } }) // twelve for each node
  database = await server.freshDatabase()
  nodes = [await startNode(0)] // it makes the tables
  nodes.push(...(await Promise.all([1, 2, 3].map((n) => startNode(n)))))
  relay = await startRelay()
}, 60_000)

afterAll(async () => {
  await relay.stop()
  for (const node of nodes) await node.stop()
  await server[Symbol.asyncDispose]()
  data[Symbol.dispose]()
}, 60_000)

const startNode = (n: number): Promise<Program> =>
  startProgram(
    [
      ...['--database', database.url, '--data-dir', join(data.path, `node-${n}`)],
      // The one that will die with its disk always has something there that is not stored.
      ...['--node', `node-${n}`, '--store-batch-wait', n === 3 ? '3s' : '200ms'],
      ...(nodes?.[n] ? ['--http', new URL(nodes[n].url).host] : []),
    ],
    { command: 'capture' },
  )

const startRelay = (...flags: string[]): Promise<Program> =>
  startProgram(
    [
      ...flags,
      ...['--relay-to', nodes.map(({ url }) => url).join(' ')],
      ...['--data-dir', join(data.path, 'relay')],
      ...(relay ? ['--http', new URL(relay.url).host] : []),
    ],
    { command: 'relay' },
  )

const settledRelay = (received: number): Promise<RelayLedger> =>
  until(
    () => ask<RelayLedger>(relay, '/api/v1/ledger'),
    (ledger) => ledger.received >= received && ledger.pending === 0 && ledger.balanced,
    60_000,
  )

async function metric(program: Program, name: string): Promise<number> {
  const text = await (await fetch(`${program.url}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:{.*})? (\\S+)$`, 'm').exec(text)?.[1])
}

const stored = (messages: number) =>
  until(
    () => readStored(database.sql),
    (found) => found.messages >= messages,
    30_000,
  )

test('calliope relay spreads two senders over four nodes: max/mean at most 1.3', async () => {
  const send = (seed: number) =>
    sendTraffic({
      source: buildTrafficRing({ seed, starts: 1_000, mix: 'mixed' }),
      ...{ to: relay.udp, transport: 'udp', senders: 1, ratePerSecond: 4_000, count: 6_000 },
    })
  await Promise.all([send(1), send(2)])
  const ledger = await settledRelay(12_000)
  expect(ledger).toMatchObject({ received: 12_000, destinations: [{ relayed: 12_000 }] })
  const received = await Promise.all(
    nodes.map((node) => metric(node, 'calliope_frames_received_total')),
  )
  expect(received.reduce((sum, n) => sum + n, 0)).toBe(12_000)
  expect(Math.max(...received) / 3_000).toBeLessThanOrEqual(1.3)
  expect(await metric(relay, 'calliope_relay_lag_seconds')).toBe(0)
  const { messages, identities } = await stored(12_000)
  expect(messages).toBe(12_000)
  expect(identities.size).toBe(12_000)
}, 60_000)

test('kill -9 of a node, and then of the relay, under load: everything is stored, and once', async () => {
  const ending = new AbortController()
  const load = ['a', 'b', 'c'].map((series) =>
    keepPosting(relay.url, { series, signal: ending.signal, perBody: 50 }),
  )
  await Bun.sleep(600)
  await nodes[1]!.kill()
  await Bun.sleep(600)
  await relay.kill()
  relay = await startRelay()
  await Bun.sleep(400)
  nodes[1] = await startNode(1)
  await Bun.sleep(600)
  ending.abort()
  const promised = (await Promise.all(load)).flatMap(({ acknowledged }) => acknowledged)
  const { appended } = await settledRelay(12_000)
  const { messages, identities } = await stored(appended)
  expect(promised.length).toBeGreaterThan(500)
  expect(messages, 'all the relay ever spooled, once').toBe(appended)
  expect(identities.size).toBe(messages)
  expect(promised.filter((identity) => !identities.has(identity))).toEqual([])
  expect(await metric(relay, 'calliope_relay_doubtful_frames')).toBe(0)
}, 60_000)

test('relay.until stored: a node that dies with its disk loses nothing, one that is stopped doubles nothing', async () => {
  expect(await relay.stop()).toBe(0)
  const before = (await readStored(database.sql)).messages
  relay = await startRelay('--relay-until', 'stored', '--relay-doubt-max', '3s')
  const ending = new AbortController()
  const load = ['d', 'e'].map((series) =>
    keepPosting(relay.url, { series, signal: ending.signal, perBody: 50 }),
  )
  await Bun.sleep(500)
  const [stopped, died] = nodes.splice(2)
  expect(await stopped!.stop()).toBe(0)
  expect(await metric(relay, 'calliope_relay_doubtful_frames')).toBe(0)
  await died!.kill()
  rmSync(join(data.path, 'node-3'), { recursive: true })
  await Bun.sleep(500)
  ending.abort()
  const promised = (await Promise.all(load)).flatMap(({ acknowledged }) => acknowledged)
  await settledRelay(1)
  const { messages, identities } = await readStored(database.sql)
  expect(promised.filter((identity) => !identities.has(identity))).toEqual([])
  const doubtful = await metric(relay, 'calliope_relay_doubtful_frames')
  expect(messages - identities.size).toBeLessThanOrEqual(doubtful)
  expect(identities.size).toBeGreaterThanOrEqual(before + promised.length)
}, 60_000)

test('SIGTERM: calliope relay carries on what it has and exits 0; with nobody there 3, and nothing is lost', async () => {
  for (const node of nodes.splice(1)) await node.stop()
  expect(await relay.stop()).toBe(0)
  const flags = ['--relay-to', nodes[0]!.url, '--data-dir', join(data.path, 'relay-2')]
  relay = await startProgram([...flags, '--drain-timeout', '500ms'], { command: 'relay' })
  const url = new URL(nodes[0]!.url).host
  const before = (await readStored(database.sql)).messages
  expect(await nodes[0]!.stop()).toBe(0)
  const posting = new AbortController()
  const load = keepPosting(relay.url, { series: 'left', signal: posting.signal })
  await Bun.sleep(300)
  posting.abort()
  const { acknowledged } = await load
  expect(await relay.stop()).toBe(3)
  expect(relay.lines.at(-1)).toMatchObject({ left: acknowledged.length })
  const [node] = await Promise.all([
    startProgram(
      ['--database', database.url, '--data-dir', join(data.path, 'node-0'), '--http', url],
      { command: 'capture' },
    ),
  ])
  nodes[0] = node!
  relay = await startProgram(flags, { command: 'relay' })
  await settledRelay(acknowledged.length)
  const { messages, identities } = await stored(before + acknowledged.length)
  expect(messages).toBe(before + acknowledged.length)
  expect(acknowledged.filter((identity) => !identities.has(identity))).toEqual([])
}, 60_000)
