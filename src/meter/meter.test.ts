import { expect, test } from 'bun:test'
import { Meter, type MeterOptions } from './meter.ts'
import { MeterSignals } from './meter-signals.ts'
import { ALICE, NOON_US, PROXY, saidIn, sipFrame, type TestSpool, testSpool } from './test-rig.ts'

interface Run {
  readonly signals: MeterSignals
  readonly packets: number
}

/** Runs a meter until it finds nothing more to read. */
async function run(spool: TestSpool, options: Partial<MeterOptions> = {}): Promise<Run> {
  const signals = new MeterSignals()
  const meter = await Meter.open({
    ...{ spoolDirectory: spool.directory, filter: {}, signals: signals.memory, ...options },
  })
  const stopping = new AbortController()
  const running = meter.run(stopping.signal)
  await meter.caughtUp()
  stopping.abort()
  await running
  const said = saidIn(JSON.parse(meter.print()))('heplify_packets_total')
  return { signals, packets: Object.values(said).reduce((sum, n) => sum + n, 0) }
}

const frames = (count: number) =>
  Array.from({ length: count }, (_, i) => sipFrame('OPTIONS', ALICE, PROXY, i, { callId: `${i}` }))

test('Meter goes on where it was, and does not count again what another one counted', async () => {
  await using spool = await testSpool()
  spool.append(frames(5))
  expect((await run(spool)).packets).toBe(5)
  spool.append(frames(3))
  spool.append(frames(2), 'streams')
  expect((await run(spool)).packets).toBe(5)
  expect((await run(spool)).packets).toBe(0)
})

test('Meter does not count what came before it was switched on, but in lanes it knows', async () => {
  await using spool = await testSpool()
  spool.append(frames(5), 'udp-0', NOON_US)
  const sinceUs = NOON_US + 1
  expect((await run(spool, { sinceUs })).packets).toBe(0)
  spool.append(frames(4), 'udp-0', NOON_US)
  spool.append(frames(2), 'streams', sinceUs)
  expect((await run(spool, { sinceUs })).packets).toBe(6)
})

test('Meter does not count what is imported from another server', async () => {
  await using spool = await testSpool()
  spool.append(frames(5), 'http', NOON_US, 'import')
  spool.append(frames(2), 'http', NOON_US, 'http')
  expect((await run(spool)).packets).toBe(2)
})

test('Meter passes over what is too much, and counts it as lost', async () => {
  await using spool = await testSpool()
  spool.append(frames(50))
  const { packets, signals } = await run(spool, { behindBytesMax: 1_000 })
  expect(packets).toBe(0)
  expect(signals.get('lost')).toBe(50)
  spool.append(frames(1))
  expect((await run(spool, { behindBytesMax: 1_000 })).packets).toBe(1)
})

test('Meter tells its lag and how many series it has', async () => {
  await using spool = await testSpool()
  spool.append(frames(2))
  const { signals } = await run(spool)
  expect(signals.get('frames')).toBe(2)
  expect(signals.get('series')).toBeGreaterThan(2)
  expect(signals.get('lagSeconds')).toBe(0)
})
