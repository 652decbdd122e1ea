import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FLEET, startFleet } from '../../../test/simulated-fleet.ts'

const root = join(import.meta.dir, '../../..')
const directory = mkdtempSync(join(tmpdir(), 'calliope-lambda-'))
afterAll(() => rmSync(directory, { recursive: true }))

const build = (into: string) =>
  Bun.spawnSync([process.execPath, 'tools/build-lambda.ts', into], { cwd: root }).exitCode

beforeAll(() => {
  expect(build(directory)).toBe(0)
})

// Node itself, as in Lambda: each event on stdin as a line, each outcome or error on stdout as one.
const RUNTIME = `
const { handler } = await import(process.argv[1])
for await (const line of (await import('node:readline')).createInterface({ input: process.stdin }))
  console.log('=' + JSON.stringify(await handler(JSON.parse(line)).catch((e) => ({ error: e.message }))))`

async function invoke(events: readonly unknown[], env: Record<string, string | undefined>) {
  const node = Bun.spawn(
    [
      'node',
      '--no-warnings',
      '--input-type=module',
      '-e',
      RUNTIME,
      '--',
      join(directory, 'index.mjs'),
    ],
    { env: { PATH: process.env.PATH, ...env }, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' },
  )
  node.stdin.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await node.stdin.end()
  const lines = (await new Response(node.stdout).text()).trim().split('\n')
  const said = lines.filter((line) => line.startsWith('=')).map((line) => JSON.parse(line.slice(1)))
  const log = lines.filter((line) => !line.startsWith('=')).map((line) => JSON.parse(line))
  expect(await new Response(node.stderr).text()).toBe('')
  return { said, log }
}

test('handler, bundled and run by Node: raises stand-ins, ignores the unknown, logs one line each', async () => {
  await using fleet = await startFleet({ tickMinutes: 0, nowMs: Date.now() })
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(fleet.sim.ecs.requireService('voip', 'capture'), 2)
  const interruption = fleet.events.at(-1)
  const env = { ...fleet.sim.env, CALLIOPE_FLEET: JSON.stringify(FLEET) }
  const { said, log } = await invoke([interruption, interruption, { hello: 'there' }], env)
  expect(said).toMatchObject([
    { done: 'changed', duty: 'spot', calls: 3, change: { from: 0, to: 2 } },
    { done: 'kept', calls: 2 },
    { done: 'ignored', why: 'not-an-event', calls: 0 },
  ])
  expect(fleet.desired('capture-on-demand')).toBe(2)
  expect(log).toMatchObject([
    { msg: 'fleet changed', change: 'capture-on-demand: desired count 0 → 2' },
    { msg: 'fleet kept' },
    { msg: 'event ignored', ignored: { 'not-an-event': 1 } },
  ])
})

test('handler rejects when AWS refuses or the configuration is missing, so that Lambda tries again', async () => {
  await using fleet = await startFleet({ tickMinutes: 0 })
  const tick = { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }
  const spot = { ...FLEET.spot!, onDemandService: 'gone' }
  const CALLIOPE_FLEET = JSON.stringify({ ...FLEET, spot })
  const missing = await invoke([tick], { ...fleet.sim.env, CALLIOPE_FLEET })
  expect(missing.said[0].error).toContain('There is no active service gone')
  expect((await invoke([tick], fleet.sim.env)).said[0].error).toContain('CALLIOPE_FLEET is not set')
})

test('tools/build-lambda: the same sources give the same bytes, and an unzip finds the handler', async () => {
  const again = mkdtempSync(join(tmpdir(), 'calliope-lambda-'))
  expect(build(again)).toBe(0)
  const zip = 'calliope-events.zip'
  const bytes = (from: string) => Bun.file(join(from, zip)).bytes()
  expect(Buffer.compare(await bytes(directory), await bytes(again))).toBe(0)
  const listing =
    'import zipfile,sys;z=zipfile.ZipFile(sys.argv[1]);print(z.testzip(),z.namelist())'
  const python = Bun.spawnSync(['python3', '-c', listing, join(again, zip)])
  rmSync(again, { recursive: true })
  expect(python.stdout.toString()).toBe("None ['index.mjs']\n")
})
