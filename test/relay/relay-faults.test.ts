import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { type RelayOptions, startRelay } from '#relay'
import { numbersTo, RelayRig } from '../../src/relay/testing/relay-rig.ts'
import { RealIntake, type Weather } from './real-intakes.ts'

/** A relay over a rig's spool, to real intakes; all of it gone at the end. */
async function relayTo(
  weather: (node: number, request: number) => Weather,
  {
    nodes = 3,
    keys = [] as string[],
    ...options
  }: Partial<RelayOptions> & { nodes?: number; keys?: string[] } = {},
) {
  const stack = new AsyncDisposableStack()
  const rig = stack.use(await RelayRig.start(['it']))
  const intakes = Array.from({ length: nodes }, (_, n) => {
    let request = 0
    const directory = join(rig.directory, `node-${n}`)
    return stack.use(new RealIntake(directory, () => weather(n, request++), keys))
  })
  const to = `${intakes.map(({ url }) => url).join(' ')}?name=it`
  const begin = () =>
    startRelay({
      ...{ to: [to], spool: rig.spool, directory: join(rig.directory, 'relay'), batchWaitMs: 5 },
      ...options,
    })
  const all = () => intakes.flatMap((each) => each.numbers()).sort((a, b) => a - b)
  return { rig, intakes, begin, all, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const TROUBLES: Weather[] = [
  'cut-answer',
  'half-answer',
  'proxy-502',
  'busy-429',
  'closing',
  'slow',
]

for (const trouble of TROUBLES)
  test(`the relay carries everything once when nodes are ${trouble} every other time`, async () => {
    await using made = await relayTo(
      (node, request) => (request < 6 && (request + node) % 2 === 0 ? trouble : 'fine'),
      { answerMs: 50 },
    )
    made.rig.write(1_500)
    await using relay = await made.begin()
    await relay.drain()
    expect(made.all()).toEqual(numbersTo(1_500))
    expect(made.intakes.some(({ requests }) => requests > 1)).toBe(true)
    expect(relay.states([counts(1_500)])).toMatchObject([
      { relayed: 1_500, pending: 0, balanced: true },
    ])
  }, 20_000)

test('the relay finds the node that may have a parcel again after that was started anew', async () => {
  await using made = await relayTo((_, request) => (request === 0 ? 'cut-answer' : 'fine'))
  const [first] = made.intakes
  made.rig.write(1_500)
  await using relay = await made.begin()
  while (first!.requests === 0) await Bun.sleep(1)
  await first!.stop()
  await Bun.sleep(100) // the others have theirs
  first!.start()
  await relay.drain()
  expect(made.all()).toEqual(numbersTo(1_500))
}, 20_000)

test('the relay lets a node go that says it is not ready, before it refuses anything', async () => {
  await using made = await relayTo(() => 'fine')
  await using relay = await made.begin()
  made.rig.write(700)
  await relay.drain()
  made.intakes[1]!.isReady = false
  const { targets } = relay.carriers[0]!
  while (targets.get(made.intakes[1]!.url)!.isUsable) await Bun.sleep(20)
  const before = made.intakes[1]!.requests
  made.rig.write(700)
  await relay.drain()
  expect(made.intakes[1]!.requests).toBe(before)
  made.intakes[1]!.isReady = true
  while (!targets.get(made.intakes[1]!.url)!.isUsable) await Bun.sleep(20)
  made.rig.write(700)
  await relay.drain()
  expect(made.intakes[1]!.requests).toBeGreaterThan(before)
  expect(made.all()).toEqual(numbersTo(2_100))
}, 20_000)

test('the relay spools while every node is away, also across its own restarts, and then catches up', async () => {
  await using made = await relayTo(() => 'fine')
  for (const intake of made.intakes) await intake.stop()
  for (let life = 0; life < 3; life++) {
    const relay = await made.begin()
    made.rig.write(2_000)
    await Bun.sleep(30)
    expect(relay.states([counts(made.rig.written)])).toMatchObject([
      { relayed: 0, pending: made.rig.written, balanced: true },
    ])
    await relay.close()
  }
  for (const intake of made.intakes) intake.start()
  await using relay = await made.begin()
  await relay.drain()
  expect(made.all()).toEqual(numbersTo(6_000))
}, 20_000)

test('the relay tells the original sender and time, and puts the key in that nodes ask for', async () => {
  await using made = await relayTo(() => 'fine', { key: 'right', keys: ['right'], nodes: 1 })
  const fromUs = Date.now() * 1_000
  made.rig.write(20)
  await Bun.sleep(20)
  await using relay = await made.begin()
  await relay.drain()
  const records = made.intakes[0]!.records()
  expect(records).toHaveLength(20)
  for (const { transport, peerIp, peerPort, receivedUs, bytes } of records) {
    expect({ transport, peerIp, peerPort }).toEqual({
      transport: 'udp',
      peerIp: '192.0.2.7',
      peerPort: 5060,
    })
    expect(receivedUs).toBeGreaterThanOrEqual(fromUs)
    expect(receivedUs).toBeLessThan(Date.now() * 1_000 - 15_000)
    expect(bytes.includes('right')).toBe(false)
  }
})

test('the relay holds what nodes refuse for a wrong key, until somebody mends it', async () => {
  await using made = await relayTo(() => 'fine', { key: 'wrong', keys: ['right'], nodes: 1 })
  made.rig.write(20)
  const relay = await made.begin()
  const [node] = relay.carriers[0]!.targets.all
  while (!node!.why.includes('key_refused')) await Bun.sleep(5)
  expect(relay.states([counts(20)])).toMatchObject([{ relayed: 0, rejected: 0, pending: 20 }])
  await relay.close()
})

const counts = (appended: number) => ({ received: appended, appended, rejected: {}, dropped: {} })
