// What `calliope fleet` tells a running Calliope, and asks of it.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Fleet } from '#contract'
import { run } from './commands.ts'
import { ask, type Program, startProgram, temporaryDirectory, until } from './program.ts'
import { FLEET, type SimulatedFleet, startFleet } from './simulated-fleet.ts'

let fleet: SimulatedFleet
let program: Program
const directory = temporaryDirectory()
beforeAll(async () => {
  fleet = await startFleet({ tickMinutes: 0, nowMs: Date.now() })
  program = await startProgram(['--data-dir', directory.path])
}, 60_000)
afterAll(async () => {
  await program?.stop()
  await fleet[Symbol.asyncDispose]()
  directory[Symbol.dispose]()
})

const calliope = (...words: string[]) => run(['fleet', ...words], { env: fleet.sim.env })

test('calliope fleet reconcile --tell notes the change on the fleet page', async () => {
  const config = join(directory.path, 'fleet.json')
  await Bun.write(config, JSON.stringify(FLEET))
  fleet.sim.ecs.spotRoom = 0
  fleet.sim.ecs.reclaimSpot(fleet.sim.ecs.requireService('voip', 'capture'), 1)
  const event = join(directory.path, 'event.json')
  await Bun.write(event, JSON.stringify(fleet.events.at(-1)))
  const words = ['--fleet', config, '--event', event, '--tell', program.url]
  expect(await calliope('reconcile', ...words)).toMatchObject({ code: 0, err: '' })
  const { events } = await ask<Fleet>(program, '/api/v1/fleet')
  expect(events.find(({ kind }) => kind === 'noted')?.reason).toBe(
    'capture-on-demand: desired count 0 → 1: 1 of 4 spot tasks are short, 0 stand in for them',
  )
}, 20_000)

test('calliope fleet inventory --from calliope lists the nodes that report', async () => {
  const words = ['--from', 'calliope', '--url', program.url, '--http-port', '9080']
  // A node reports itself a moment after it has started.
  await until(
    () => ask<{ nodes: { state: string }[] }>(program, '/api/v1/nodes'),
    ({ nodes }) => nodes.some(({ state }) => state === 'ready'),
  )
  const { code, out } = await calliope('inventory', '--as', 'prometheus', ...words)
  expect(code).toBe(0)
  const [node, ...others] = JSON.parse(out)
  expect(others).toEqual([])
  expect(node.targets[0]).toEndWith(':9080')
  expect(node.labels).toMatchObject({ state: 'ready' })
}, 20_000)
