// The single-file executable, as somebody has it who has nothing else: run from an empty folder, with
// an environment that knows no Node and no npm.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CallPage } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { run } from './commands.ts'
import { ask, settledLedger, startProgram, temporaryDirectory } from './program.ts'

let directory: ReturnType<typeof temporaryDirectory>
let program: string[]
let empty: string
const env = { PATH: '/usr/bin:/bin', NODE_PATH: '', HOME: '/nonexistent' }
beforeAll(async () => {
  directory = temporaryDirectory()
  program = [join(directory.path, 'calliope')]
  empty = join(directory.path, 'empty')
  mkdirSync(empty)
  const build = join(import.meta.dir, '../tools/build.ts')
  const built = await run([program[0]!], { program: [process.execPath, build] })
  expect([built.code, built.err]).toEqual([0, ''])
  expect(built.out).toContain(program[0]!)
})
afterAll(() => directory[Symbol.dispose]())

test('the executable is one file of a reasonable size that knows its version and its settings', async () => {
  expect(statSync(program[0]!).size).toBeLessThan(160e6)
  const version = await run(['--version'], { program, env, cwd: empty })
  expect([version.code, version.out, version.err]).toEqual([0, 'calliope 0.1.0\n', ''])
  const config = await run(['check-config', '--node', 'x'], { program, env, cwd: empty })
  expect(config.out).toMatch(/^node +x +--node$/m)
  const wrong = await run(['check-config', '--nod', 'x'], { program, env, cwd: empty })
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--node') as never])
  expect(readdirSync(empty)).toEqual([]) // looking changes nothing
})

test('the executable runs everything: page, threads, database, traffic', async () => {
  await using database = await testDatabase()
  const flags = ['--database', database.url, '--store-batch-wait', '100ms']
  const node = await startProgram(flags, { program, env, cwd: empty })
  const to = `${node.tcp.host}:${node.tcp.port}`
  const words = ['load', '--transport', 'tcp', '--to', to, '--count', '300', '--rate', '0']
  const load = await run([...words, '--check', '--url', node.url], { program, env, cwd: empty })
  expect([load.code, load.out]).toEqual([0, expect.stringContaining('0 never arrived') as never])
  expect((await settledLedger(node, 300)).stored).toBe(300)
  expect((await ask<CallPage>(node, '/api/v1/calls')).calls.length).toBeGreaterThan(20)

  const page = await (await fetch(node.url)).text()
  expect(page).toContain('<title>Calliope</title>')
  const assets = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css|svg))"/g)].map(
    ([, path]) => path!,
  )
  expect(assets.length).toBeGreaterThan(1)
  for (const path of assets) expect((await fetch(new URL(path, node.url))).status).toBe(200)
  expect(await node.stop()).toBe(0)
})

test('the executable says what to do where it finds no PostgreSQL', async () => {
  const nowhere = { ...env, CALLIOPE_POSTGRES_BIN: empty }
  const words = [
    'up',
    '--http',
    '127.0.0.1:0',
    '--hep-udp',
    '127.0.0.1:0',
    '--hep-tcp',
    '127.0.0.1:0',
  ]
  const { code, err } = await run(words, { program, env: nowhere, cwd: empty })
  expect(code).toBe(1)
  expect(err).toContain(empty)
  expect(err).toContain('CALLIOPE_POSTGRES_BIN')
  expect(err).toContain('--database')
  expect(err).not.toContain('unexpected error')
})
