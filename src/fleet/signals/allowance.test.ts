import { expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { readAllowance } from './allowance.ts'
import { readThreadCpu } from './thread-cpu.ts'

function withFiles<Result>(
  files: Record<string, string>,
  use: (directory: string) => Result,
): Result {
  const directory = mkdtempSync(join(tmpdir(), 'signals-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  try {
    return use(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('readAllowance reads limits of cgroup v2 and v1, and the machine where there are none', () => {
  const machine = { cpuCores: availableParallelism(), memoryBytes: totalmem() }
  const v2 = { 'cpu.max': '50000 100000\n', 'memory.max': '536870912\n' }
  expect(withFiles(v2, readAllowance)).toEqual({ cpuCores: 0.5, memoryBytes: 536_870_912 })
  const v1 = {
    ...{ 'cpu/cpu.cfs_quota_us': '25000\n', 'cpu/cpu.cfs_period_us': '100000\n' },
    'memory/memory.limit_in_bytes': '268435456\n',
  }
  expect(withFiles(v1, readAllowance)).toEqual({ cpuCores: 0.25, memoryBytes: 268_435_456 })
  const unlimited = { 'cpu.max': 'max 100000\n', 'memory.max': 'max\n' }
  expect(withFiles(unlimited, readAllowance)).toEqual(machine)
  expect(withFiles({}, readAllowance)).toEqual(machine)
})

test('readThreadCpu names the packet threads only, whatever stands in their names', () => {
  const stat = (id: number, name: string, user: number, system: number) =>
    `${id} (${name}) S 1 1 1 0 -1 0 0 0 0 0 ${user} ${system} 0 0 20 0 5 0 100\n`
  const proc = {
    stat: stat(7, 'bun', 0, 0),
    'task/7/stat': stat(7, 'bun', 30, 10),
    'task/8/stat': stat(8, 'writer', 100, 20),
    'task/9/stat': stat(9, 'udp-0', 5, 5),
    'task/10/stat': stat(10, 'HeapHelper', 900, 0),
    'task/11/stat': stat(11, 'a) b (c', 1, 1),
  }
  expect([...withFiles(proc, readThreadCpu)].sort()).toEqual([
    ['main', 400],
    ['udp-0', 100],
    ['writer', 1200],
  ])
  expect(withFiles({}, readThreadCpu).size).toBe(0)
})

test.if(process.platform === 'linux')('readThreadCpu sees this very thread at work', () => {
  const before = readThreadCpu().get('main') ?? Number.NaN
  const untilMs = performance.now() + 60
  while (performance.now() < untilMs);
  expect(readThreadCpu().get('main')!).toBeGreaterThan(before)
})
