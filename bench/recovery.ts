// A node that comes back to a full spool: until it answers /readyz, and until the spool is in the
// database.
import { temporaryDirectory } from '../test/program.ts'
import { startCapture, watchCpu, watchMemory } from './capture.ts'
import { startServer } from './database.ts'
import { fillSpool, untilStored } from './fill.ts'
import type { BenchOptions } from './options.ts'
import { cpuText } from './proc.ts'
import { publish } from './report.ts'
import { count, mb, table } from './table.ts'
import { trafficRing } from './traffic.ts'

export async function recovery(options: BenchOptions): Promise<void> {
  await using server = await startServer(options)
  using directory = temporaryDirectory('calliope-bench-')
  const filled = await fillSpool({
    ...{ directory: directory.path, ring: trafficRing(options.traffic) },
    ...{ messages: Number.POSITIVE_INFINITY, bytes: options.gb * 1e9 },
  })
  const database = await server.create('recovery_bench')
  const startedAt = performance.now()
  await using capture = await startCapture({
    ...{ directory: directory.path, database },
    flags: ['--spool-bytes-max', '100GB', ...options.flags],
  })
  const readyMs = performance.now() - startedAt
  const databaseBefore = server.cpuUs()
  const cpu = await watchCpu(capture.pid, () =>
    watchMemory(capture.pid, untilStored(capture, filled.messages)),
  )
  const drainMs = performance.now() - startedAt
  const { stored } = await capture.counts()
  const rows = [
    ['spool at the start', `${mb(filled.bytes)}, ${count(filled.messages)} messages`],
    ['ready after', `${(readyMs / 1_000).toFixed(2)} s`],
    ['drained after', `${(drainMs / 1_000).toFixed(1)} s`],
    ['lost or twice', count(Math.abs(filled.messages - stored))],
    ['rate', `${count((filled.messages / drainMs) * 1_000)} msg/s`],
    ['CPU µs/msg by thread', cpuText(cpu.threads, filled.messages)],
    ['PostgreSQL µs/msg', ((server.cpuUs() - databaseBefore) / filled.messages).toFixed(2)],
    ['peak resident', mb(cpu.result.peakBytes)],
  ]
  publish('recovery', table(['what', 'measured'], rows), options)
}
