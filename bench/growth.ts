// How cost grows, with the load and with what is stored:
//
//   CPU per message    at rising rates, with 1 and 2 shards
//   search latency     among 1, 10, 50 M messages in one database that is filled further each time
//   start-up           of a node on that database, and on one with many partitions
//
// A term's growth is told as an exponent between two sizes, log(cost ratio) / log(size ratio): 0 costs the
// same whatever the size, 1 grows as it does, above 1.1 is named.
import { temporaryDirectory } from '../test/program.ts'
import type { Capture } from './capture.ts'
import { type BenchServer, startServer, tableBytes } from './database.ts'
import { fillSpool, startAndStore } from './fill.ts'
import { cpuCurves, cpuGraph, cpuTable } from './growth-cpu.ts'
import { addEmptyPartitions, timeStart } from './growth-start.ts'
import type { BenchOptions } from './options.ts'
import { publishGraph } from './pictures.ts'
import { type Answered, askAll, sampleCalls } from './questions.ts'
import { publish } from './report.ts'
import { count, type Row, table } from './table.ts'
import { trafficRing } from './traffic.ts'

const ASKED = 100
const DAY_MS = 86_400_000
const LINEAR = 1.1
/** Below this, times are noise and their growth is no statement. */
const MS_MIN = 3

interface Size {
  readonly messages: number
  readonly gb: number
  readonly startMs: number
  readonly answers: readonly Answered[]
}

export async function growth(options: BenchOptions): Promise<void> {
  const curves = await cpuCurves(options)
  const { sizes, version, partitions } = await measureSizes(options)
  const rows = growthRows(sizes)
  const worse = rows.filter((row) => Number(row.at(-1)) > LINEAR).map(([name]) => name)
  const pictures = [
    publishGraph('growth-cpu', cpuGraph(curves), options.isTrial),
    publishGraph('growth-search', searchGraph(sizes), options.isTrial),
  ]
  const head = ['what', ...sizes.map(({ messages }) => `${short(messages)} messages`), 'exponent']
  const body = [
    `CPU µs/msg of capture, ${options.seconds} s a step, ${options.traffic} calls, ${options.offload ? 'offloading sender' : 'one datagram a message'}:`,
    cpuTable(curves),
    pictures[0],
    `Searches (p95 ms, ${options.isQuick ? 5 : ASKED} of each) and start-up among more and more messages over 24 h, ${version}:`,
    table(head, rows),
    pictures[1],
    table(['start-up until ready, by partitions', 'ms'], partitions),
    `**Worse than linear: ${worse.length > 0 ? worse.join(', ') : 'nothing'}** (exponent above ${LINEAR} between the two largest sizes, times under ${MS_MIN} ms left out).`,
  ]
  publish('growth', body.join('\n\n'), options)
}

async function measureSizes(options: BenchOptions) {
  await using server = await startServer(options)
  using directory = temporaryDirectory('calliope-bench-')
  const database = await server.create('growth_bench')
  const place = { directory: directory.path, database }
  const sizes: Size[] = []
  let stored = 0
  for (const messages of options.sizes) {
    const more = messages - stored
    const ring = trafficRing(options.traffic)
    await fillSpool({ directory: place.directory, ring, messages: more, sinceMs: DAY_MS * 0.99 })
    stored = messages
    await (await startAndStore(place, more, options.flags))[Symbol.asyncDispose]()
    sizes.push(await measureSize(server, place, messages, options))
  }
  const { isQuick } = options
  const partitions: Row[] = []
  for (const wanted of isQuick ? [30] : [100, 300, 1_000]) {
    const have = await addEmptyPartitions(server, 'growth_bench', wanted)
    const ms = await timeStart(place, isQuick ? 1 : 3)
    partitions.push([`${have} partitions`, ms.toFixed(0)])
  }
  return { sizes, version: server.version, partitions }
}

async function measureSize(
  server: BenchServer,
  place: { directory: string; database: string },
  messages: number,
  { isQuick, flags }: BenchOptions,
): Promise<Size> {
  const startMs = await timeStart(place, isQuick ? 1 : 3)
  await using capture: Capture = await startAndStore(place, 0, flags)
  const answers = await askAll(
    capture.program.url,
    await sampleCalls(capture.program.url, isQuick ? 5 : ASKED),
  )
  await using sql = server.administrator('growth_bench')
  return { messages, startMs, answers, gb: (await tableBytes(sql)) / 1e9 }
}

function growthRows(sizes: readonly Size[]): Row[] {
  const row = (name: string, value: (size: Size) => number, digits: number): Row => [
    name,
    ...sizes.map((size) => value(size).toFixed(digits)),
    exponent(sizes, value),
  ]
  const questions = sizes[0]!.answers.map(({ name }, i) =>
    row(name, ({ answers }) => answers[i]!.p95Ms, 1),
  )
  return [
    ...questions,
    row('start-up until ready, ms', ({ startMs }) => startMs, 0),
    row('database, GB', ({ gb }) => gb, 2),
  ]
}

function exponent(sizes: readonly Size[], value: (size: Size) => number): string {
  const [a, b] = [sizes.at(-2), sizes.at(-1)]
  if (!a || !b) return ''
  if (value(b) < MS_MIN && value(b) > 0.5) return '≈ 0'
  return (Math.log(value(b) / value(a)) / Math.log(b.messages / a.messages)).toFixed(2)
}

const short = (n: number): string => (n >= 1e6 ? `${n / 1e6} M` : count(n))

const searchGraph = (sizes: readonly Size[]) => ({
  title: 'Search p95 as messages grow',
  xTitle: 'messages in the database (each step a factor)',
  xText: short,
  isLogarithmic: true,
  withDots: true,
  panels: sizes[0]!.answers.map(({ name }, i) => ({
    title: name,
    text: (ms: number) => `${ms.toFixed(0)} ms`,
    series: [
      {
        name,
        points: sizes.map(({ messages, answers }) => [messages, answers[i]!.p95Ms] as const),
      },
    ],
  })),
})
