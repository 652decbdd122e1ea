// Memory of `capture` under a steady load, looked at four times a second, as a graph.
import { temporaryDirectory } from '../test/program.ts'
import { send, startCapture, watchMemory } from './capture.ts'
import { startServer } from './database.ts'
import type { BenchOptions } from './options.ts'
import { progress, publish } from './report.ts'
import { count, mb, quantile } from './table.ts'
import { verdictOn } from './targets.ts'

const RATE = 100_000
const SECONDS_MIN = 30
const BARS = '▁▂▃▄▅▆▇█'
const COLUMNS = 80

export async function memory(options: BenchOptions): Promise<void> {
  const { isQuick, flags, traffic, offload } = options
  const rate = options.rate ?? RATE
  const seconds = isQuick ? options.seconds : Math.max(options.seconds, SECONDS_MIN)
  await using server = await startServer(options)
  using directory = temporaryDirectory('calliope-bench-')
  const database = await server.create('memory_bench')
  await using capture = await startCapture({ directory: directory.path, database, flags })
  progress(`${count(rate)}/s for ${seconds} s`)
  const { port } = capture.program.udp
  const job = { transport: 'udp' as const, port, rate, seconds, senders: 1, traffic, offload }
  const { result, samples, peakBytes: peak } = await watchMemory(capture.pid, send(job))
  const { received } = await capture.counts()
  const lost = result.sent - received
  const figure = {
    value: Math.round(peak / 1e6),
    how: `peak, ${count(rate)}/s for ${seconds} s`,
    ...(lost > 0 ? { fault: `${count(lost)} lost` } : {}),
  }
  const body = [
    `${count(rate)} msg/s for ${seconds} s, ${offload ? 'offloading sender' : 'one datagram a message'}: ${count(lost)} of ${count(result.sent)} lost; ` +
      `resident at the start ${mb(samples[0]!)}, median ${mb(quantile(samples, 0.5))}, **peak ${mb(peak)}** (target ${verdictOn('memory', figure)}).`,
    '',
    '```',
    `${graph(samples, peak)}  0 to ${mb(peak)}`,
    '```',
  ]
  publish('memory', body.join('\n'), options, rate === RATE ? { memory: figure } : {})
}

function graph(samples: readonly number[], peak: number): string {
  const columns = Math.min(COLUMNS, samples.length)
  return Array.from({ length: columns }, (_, i) => {
    const bytes = samples[Math.floor((i * samples.length) / columns)]!
    return BARS[Math.min(BARS.length - 1, Math.floor((bytes / peak) * BARS.length))]
  }).join('')
}
