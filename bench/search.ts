// How long the API takes among many messages: a day of traffic, stored by the real writer.
import type { SQL } from 'bun'
import { temporaryDirectory } from '../test/program.ts'
import { startServer } from './database.ts'
import { fillSpool, startAndStore } from './fill.ts'
import { indexGains } from './index-gains.ts'
import type { BenchOptions } from './options.ts'
import { type Answered, askAll, sampleCalls } from './questions.ts'
import { publish } from './report.ts'
import { count, table } from './table.ts'
import { type Figure, verdictOn } from './targets.ts'
import { trafficRing } from './traffic.ts'

const DAY_MS = 86_400_000
const ASKED = 100
const HEAD = ['question', 'asked', 'p50 ms', 'p95 ms', 'hits', 'target']

export async function search(options: BenchOptions): Promise<void> {
  await using server = await startServer(options)
  using directory = temporaryDirectory('calliope-bench-')
  const { messages, traffic, flags } = options
  const ring = trafficRing(traffic)
  await fillSpool({ directory: directory.path, ring, messages, sinceMs: DAY_MS * 0.99 })
  const database = await server.create('search_bench')
  const startedAt = performance.now()
  await using capture = await startAndStore(
    { directory: directory.path, database },
    messages,
    flags,
  )
  const filledS = (performance.now() - startedAt) / 1_000
  const answers = await askAll(
    capture.program.url,
    await sampleCalls(capture.program.url, options.isQuick ? 5 : ASKED),
  )
  const how = `among ${count(messages)} messages`
  const figures = figuresOf(answers, how)
  const rows = answers.map(({ name, key, asked, p50Ms, p95Ms, meanHits }) => [
    ...[name, asked, p50Ms.toFixed(1), p95Ms.toFixed(1), meanHits.toFixed(1)],
    key ? verdictOn(key, figures[key]!) : '',
  ])
  const body = `${count(messages)} messages over 24 h, ${traffic} calls (stored in ${filledS.toFixed(0)} s); through HTTP, one question at a time; ${server.version}.`
  const gains = options.isQuick
    ? ''
    : await gainsText(server.administrator('search_bench'), capture.program.url)
  publish('search', `${body}\n\n${table(HEAD, rows)}${gains}`, options, figures)
}

async function gainsText(admin: SQL, url: string): Promise<string> {
  try {
    const gains = await indexGains(admin, url)
    return `\n\nWhat each index buys: median ms while the planner does not see it, where that is slower. What each costs stands under "store".\n\n${gains}`
  } finally {
    await admin.close({ timeout: 0 })
  }
}

function figuresOf(answers: readonly Answered[], how: string): Record<string, Figure> {
  return Object.fromEntries(
    answers.flatMap(({ key, p95Ms }) => (key ? [[key, { value: p95Ms, how }] as const] : [])),
  )
}
