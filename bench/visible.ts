// From a message's arrival until it can be found, at several loads: next to none, some, much.
import { temporaryDirectory } from '../test/program.ts'
import { reachedRate, send, startCapture } from './capture.ts'
import { startServer } from './database.ts'
import type { BenchOptions } from './options.ts'
import { startProbes } from './probes.ts'
import { progress, publish } from './report.ts'
import { count, quantile, type Row, table } from './table.ts'
import { type Figure, verdictOn } from './targets.ts'

const RATES = [10, 10_000, 50_000, 100_000]
const TARGET_RATE = 100_000

export async function visible(options: BenchOptions): Promise<void> {
  const { seconds, traffic, offload, flags, isQuick } = options
  await using server = await startServer(options)
  const rows: Row[] = []
  const figures: Record<string, Figure> = {}
  for (const rate of options.rates ?? RATES) {
    const database = await server.create('visible_bench')
    using directory = temporaryDirectory('calliope-bench-')
    await using capture = await startCapture({ directory: directory.path, database, flags })
    const { port } = capture.program.udp
    const probes = await startProbes(port, database)
    const job = { transport: 'udp' as const, port, rate, seconds, senders: 1, traffic, offload }
    progress(`${count(rate)}/s for ${seconds} s`)
    const sent = await send(job)
    probes.pause()
    const { waitsMs, sent: probed } = await probes.finish()
    const [p50, p99, most] = [0.5, 0.99, 1].map((p) => quantile(waitsMs, p))
    const figure = { value: Math.round(p99!), how: `at ${count(rate)}/s` }
    if (rate === TARGET_RATE) figures.visible = figure
    const reached = count(Math.min(rate, reachedRate(sent)))
    rows.push([
      ...[`${reached}/s`, probed, `${probed - waitsMs.length}`],
      ...[p50!.toFixed(0), p99!.toFixed(0), most!.toFixed(0)],
      verdictOn('visible', figure),
    ])
    await capture[Symbol.asyncDispose]()
    await server.drop('visible_bench')
  }
  const head = ['load', 'asked for', 'never found', 'p50 ms', 'p99 ms', 'worst ms', 'target (p99)']
  const body = `A message of its own every 100 ms beside the load, and the database asked for it every 20 ms; ${isQuick ? 'a trial' : `${seconds} s a load`}; ${traffic} calls.`
  publish('visible', `${body}\n\n${table(head, rows)}`, options, figures)
}
