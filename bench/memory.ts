// Memory of `capture` under a steady load, looked at four times a second, as a graph.
import { temporaryDirectory } from '../test/program.ts'
import { send, startCapture, watchMemory } from './capture.ts'
import { startServer } from './database.ts'
import type { BenchOptions } from './options.ts'
import { count, mb, progress, publish, quantile } from './report.ts'

const RATE = 100_000
const BARS = '▁▂▃▄▅▆▇█'
const COLUMNS = 80

export async function memory({ isQuick, ...options }: BenchOptions): Promise<void> {
  const rate = isQuick ? 5_000 : RATE
  const seconds = isQuick ? 1 : Math.max(options.seconds, 30)
  await using server = await startServer()
  using directory = temporaryDirectory('calliope-bench-')
  const database = await server.create('memory_bench')
  const { flags } = options
  await using capture = await startCapture({ directory: directory.path, database, flags })
  progress(`${count(rate)}/s for ${seconds} s`)
  const { port } = capture.program.udp
  const job = {
    transport: 'udp' as const,
    port,
    rate,
    seconds,
    senders: 1,
    traffic: options.traffic,
  }
  const { result, samples } = await watchMemory(capture.pid, send(job))
  const { received } = await capture.counts()
  const peak = Math.max(...samples)
  const body = [
    `${count(rate)} msg/s for ${seconds} s: ${count(result.sent - received)} of ${count(result.sent)} lost; resident at the start ${mb(samples[0]!)}, median ${mb(quantile(samples, 0.5))}, **peak ${mb(peak)}**.`,
    '',
    '```',
    `${graph(samples, peak)}  0 to ${mb(peak)}`,
    '```',
  ]
  publish('memory', body.join('\n'), { isTrial: options.isTrial })
}

function graph(samples: readonly number[], peak: number): string {
  const columns = Math.min(COLUMNS, samples.length)
  return Array.from({ length: columns }, (_, i) => {
    const bytes = samples[Math.floor((i * samples.length) / columns)]!
    return BARS[Math.min(BARS.length - 1, Math.floor((bytes / peak) * BARS.length))]
  }).join('')
}
