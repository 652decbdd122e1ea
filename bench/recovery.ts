// A node that comes back to a full spool: until it answers /readyz, and until the spool is in the
// database.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openSpool } from '#spool'
import { temporaryDirectory } from '../test/program.ts'
import { startCapture, watchCpu, watchMemory } from './capture.ts'
import { startServer } from './database.ts'
import { fillSpool } from './fill.ts'
import type { BenchOptions } from './options.ts'
import { count, mb, progress, publish, table } from './report.ts'
import { trafficRing } from './traffic.ts'

export async function recovery(options: BenchOptions): Promise<void> {
  await using server = await startServer()
  using directory = temporaryDirectory('calliope-bench-')
  const spoolDirectory = join(directory.path, 'spool')
  mkdirSync(spoolDirectory, { recursive: true })
  await (
    await openSpool({ directory: spoolDirectory, bytesMax: 100e9, readers: ['store'] })
  ).close()
  progress(`writing ${options.gb} GB of spool`)
  const filled = await fillSpool({
    ...{ directory: spoolDirectory, ring: trafficRing(options.traffic) },
    ...{ messages: Number.POSITIVE_INFINITY, bytes: options.gb * 1e9 },
  })
  const database = await server.create('recovery_bench')
  const startedAt = performance.now()
  await using capture = await startCapture({
    ...{ directory: directory.path, database },
    flags: ['--spool-bytes-max', '50GB'],
  })
  const readyMs = performance.now() - startedAt
  const databaseBefore = server.cpuUs()
  const cpu = await watchCpu(capture.pid, () => watchMemory(capture.pid, untilStored()))
  const drainMs = performance.now() - startedAt
  const { samples } = cpu.result

  async function untilStored(): Promise<void> {
    for (let stored = 0; stored < filled.messages; ) {
      await Bun.sleep(100)
      ;({ stored } = await capture.counts())
      progress(`${count(stored)} of ${count(filled.messages)} stored`)
    }
  }

  const rows = [
    ['spool at the start', `${mb(filled.bytes)}, ${count(filled.messages)} messages`],
    ['ready after', `${(readyMs / 1_000).toFixed(2)} s`],
    ['drained after', `${(drainMs / 1_000).toFixed(1)} s`],
    ['rate', `${count((filled.messages / drainMs) * 1_000)} msg/s`],
    ['CPU µs/msg by thread', cpu.perMessage(filled.messages)],
    ['PostgreSQL µs/msg', ((server.cpuUs() - databaseBefore) / filled.messages).toFixed(2)],
    ['peak resident', mb(Math.max(...samples))],
  ]
  publish('recovery', table(['what', 'measured'], rows), options)
}
