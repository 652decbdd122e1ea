import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '#config'
import type { FilterOptions } from '#filter'
import { log } from '#log'
import { reloading } from './reload.ts'

/** A program that was started with `before` in calliope.toml, and what it was told since. */
async function started(before: string) {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-reload-'))
  const file = join(directory, 'calliope.toml')
  const write = (toml: string) => writeFileSync(file, toml.replaceAll('HERE', directory))
  write(before)
  const argv = ['--config', file]
  const filters: FilterOptions[] = []
  const targets: (readonly string[])[] = []
  const { config } = await loadConfig(argv, {})
  const reload = reloading(config, argv, {
    setFilter: async (filter) => void filters.push(filter),
    setTargets: (list) => void targets.push(list),
  })
  return {
    ...{ directory, write, reload, filters, targets },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

const GOOD = 'export default function () {}\n'
const SCRIPTS = '[filter]\nscripts = "HERE"\n'

test('reloading gives out filters only when they differ, and targets only when they do', async () => {
  using program = await started('[meter]\ntargets = ["10.0.0.1=a"]\n')
  await program.reload()
  expect([program.filters, program.targets]).toEqual([[], []])
  program.write('[meter]\ntargets = ["10.0.0.1=b"]\n[store]\ndiscard_methods = ["OPTIONS"]\n')
  await program.reload()
  await program.reload()
  expect(program.targets).toEqual([['10.0.0.1=b']])
  expect(program.filters.map(({ discardMethods }) => discardMethods)).toEqual([['OPTIONS']])
})

test('reloading reads scripts again although no setting has changed', async () => {
  using program = await started(SCRIPTS)
  writeFileSync(join(program.directory, 'a.ts'), GOOD)
  await program.reload()
  expect(program.filters.map(({ scripts }) => scripts?.files.map(({ name }) => name))).toEqual([
    ['a.ts'],
  ])
})

test('reloading leaves everything as it is when a script cannot be read, and goes on when it can', async () => {
  using program = await started(SCRIPTS)
  const script = join(program.directory, 'a.ts')
  writeFileSync(script, 'this is no script (\n')
  program.write(`${SCRIPTS}[meter]\ntargets = ["10.0.0.1=b"]\n`)
  await program.reload()
  expect([program.filters, program.targets]).toEqual([[], []])
  writeFileSync(script, GOOD)
  await program.reload()
  expect([program.filters.length, program.targets.length]).toEqual([1, 1])
})

test('reloading sets the level of the log', async () => {
  const before = log.level
  using program = await started('[log]\nlevel = "info"\n')
  program.write('[log]\nlevel = "error"\n')
  await program.reload()
  expect(log.level).toBe('error')
  log.level = before
})
