// `calliope fleet` as people run it, against the simulated AWS.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, startCommand } from './commands.ts'
import { FLEET, type SimulatedFleet, startFleet } from './simulated-fleet.ts'

const directory = mkdtempSync(join(tmpdir(), 'calliope-fleet-'))
const configFile = join(directory, 'fleet.json')
let fleet: SimulatedFleet
beforeAll(async () => {
  fleet = await startFleet({ tickMinutes: 0, nowMs: Date.now() })
  await Bun.write(configFile, JSON.stringify(FLEET))
})
afterAll(async () => {
  await fleet[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

const calliope = (...words: string[]) => run(['fleet', ...words], { env: fleet.sim.env })
const capture = () => fleet.sim.ecs.requireService('voip', 'capture')

test('calliope fleet status shows services, tasks and the share of spot', async () => {
  const { code, out, err } = await calliope('status', '--cluster', 'voip')
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^capture +4 +4 +0 +75 % +–$/m)
  expect(out).toMatch(/^capture-on-demand +0 +0 +0 +– +–$/m)
  const json = await calliope('status', '--fleet', configFile, '--json')
  expect(JSON.parse(json.out)).toMatchObject({ cluster: 'voip', services: [{ wanted: 4 }, {}] })
})

test('calliope fleet reconcile handles an event from a file, first as a dry run', async () => {
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(capture(), 2)
  const event = join(directory, 'event.json')
  await Bun.write(event, JSON.stringify(fleet.events.at(-1)))
  const dry = await calliope('reconcile', '--fleet', configFile, '--event', event, '--dry-run')
  expect(dry.out).toStartWith('fleet would be changed – capture-on-demand: desired count 0 → 2')
  expect(fleet.desired('capture-on-demand')).toBe(0)
  const done = await calliope('reconcile', '--fleet', configFile, '--event', event)
  expect(done.out).toStartWith('fleet changed – capture-on-demand: desired count 0 → 2')
  expect(done.code).toBe(0)
  expect(fleet.desired('capture-on-demand')).toBe(2)
})

test('calliope fleet inventory writes what Prometheus reads', async () => {
  const out = join(directory, 'nodes.json')
  const words = ['--as', 'prometheus', '--fleet', configFile, '--out', out]
  expect(await calliope('inventory', ...words)).toMatchObject({ code: 0, err: '' })
  const [first] = await Bun.file(out).json()
  expect(first.targets[0]).toMatch(/^10\.0\.\d+\.\d+:9080$/)
  expect(first.labels).toMatchObject({ cluster: 'voip', service: 'capture' })
})

test('calliope fleet inventory --listen serves it, and says so when AWS does not answer', async () => {
  const words = ['--as', 'prometheus', '--fleet', configFile, '--listen', '127.0.0.1:0']
  const served = startCommand(['fleet', 'inventory', ...words], { env: fleet.sim.env })
  const ready = await readyLine(served.stderr)
  fleet.sim.faults.plan('ListTasks', { kind: 'throttle', retryAfterSeconds: 0 }, 5)
  expect((await fetch(`http://127.0.0.1:${ready.http.port}/`)).status).toBe(502)
  const again = await fetch(`http://127.0.0.1:${ready.http.port}/`)
  expect(((await again.json()) as unknown[]).length).toBeGreaterThan(0)
  served.kill('SIGTERM')
  expect(await served.exited).toBe(0)
}, 20_000)

/** The log line that says where it listens. */
async function readyLine(log: ReadableStream<Uint8Array>): Promise<{ http: { port: number } }> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of log) {
    text += decoder.decode(chunk, { stream: true })
    const line = text.split('\n').find((one) => one.includes('"ready"'))
    if (line?.endsWith('}')) return JSON.parse(line)
  }
  throw new Error(`it ended without being ready: ${text}`)
}

test('calliope fleet says what is wrong: no region, no service, a bad configuration', async () => {
  const nowhere = await run(['fleet', 'status', '--cluster', 'voip'], {
    env: { ...fleet.sim.env, AWS_REGION: '', AWS_CONFIG_FILE: '/dev/null' },
  })
  expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('give --region')])
  const typo = join(directory, 'typo.json')
  await Bun.write(typo, '{"cluster":"voip","spott":{}}')
  const bad = await calliope('reconcile', '--fleet', typo)
  expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('spott')])
  const words = ['--cluster', 'voip', '--service', 'gone']
  const gone = await calliope('enable-fast-metrics', ...words)
  expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('no active service gone')])
})

test('calliope fleet watch gives back by itself, and ends on SIGTERM', async () => {
  fleet.sim.ecs.spotRoom = 100
  fleet.sim.clock.advance(600_000)
  // The watcher looks at the real clock: what happened above has to be long ago for it.
  for (const name of ['capture', 'capture-on-demand'])
    fleet.sim.ecs.requireService('voip', name).events = []
  const words = ['fleet', 'watch', '--fleet', configFile, '--every', '1s']
  const watcher = startCommand(words, { env: fleet.sim.env })
  const isReturn = ({ operation, input }: (typeof fleet.sim.calls)[0]) =>
    operation === 'UpdateService' && input.desiredCount === 0
  const updated = () => fleet.sim.calls.filter(isReturn).length
  while (updated() === 0) await Bun.sleep(50)
  watcher.kill('SIGTERM')
  expect(await watcher.exited).toBe(0)
  expect(fleet.desired('capture-on-demand')).toBe(0)
}, 20_000)
