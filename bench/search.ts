// How long the API takes among many messages. The database is filled through the spool and the real
// writer with a day of traffic; questions go over HTTP, one at a time, each with other values.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CallPage } from '#contract'
import { openSpool } from '#spool'
import { temporaryDirectory } from '../test/program.ts'
import { type Capture, startCapture } from './capture.ts'
import { startServer } from './database.ts'
import { fillSpool } from './fill.ts'
import type { BenchOptions } from './options.ts'
import { count, progress, publish, quantile, type Row, table } from './report.ts'
import { trafficRing } from './traffic.ts'

const DAY_MS = 86_400_000
const WARM_UP = 3

export async function search(options: BenchOptions): Promise<void> {
  await using server = await startServer()
  using directory = temporaryDirectory('calliope-bench-')
  const spool = join(directory.path, 'spool')
  mkdirSync(spool, { recursive: true })
  await (await openSpool({ directory: spool, bytesMax: 100e9, readers: ['store'] })).close()
  progress(`writing ${count(options.messages)} messages`)
  await fillSpool({
    ...{ directory: spool, ring: trafficRing(options.traffic), messages: options.messages },
    sinceMs: DAY_MS * 0.99,
  })
  const database = await server.create('search_bench')
  await using capture = await startCapture({
    ...{ directory: directory.path, database },
    flags: ['--spool-bytes-max', '50GB'],
  })
  const startedAt = performance.now()
  for (let stored = 0; stored < options.messages; ) {
    await Bun.sleep(250)
    ;({ stored } = await capture.counts())
    progress(`${count(stored)} of ${count(options.messages)} stored`)
  }
  const filledS = (performance.now() - startedAt) / 1_000
  const rows = await ask(capture, options)
  const body = `${count(options.messages)} messages over 24 h, ${options.traffic} calls (stored in ${filledS.toFixed(0)} s); through HTTP, one question at a time; ${server.version}.`
  publish(
    'search',
    `${body}\n\n${table(['question', 'asked', 'p50 ms', 'p95 ms', 'hits'], rows)}`,
    options,
  )
}

async function ask({ program }: Capture, { isQuick }: BenchOptions): Promise<Row[]> {
  const times = isQuick ? 5 : 100
  const calls = await sample(program.url, times)
  const get = async (path: string) => {
    const response = await fetch(program.url + path)
    const body = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`)
    return body
  }
  const query = (q: string, more = '') => `/api/v1/calls?q=${encodeURIComponent(q)}${more}`
  const questions: Record<string, (call: CallPage['calls'][number]) => string> = {
    'call by id (search)': ({ callId }) => query(`callid:${callId}`),
    'call page data': ({ callId }) => `/api/v1/calls/${encodeURIComponent(callId)}`,
    'number over 24 h': ({ from }) => query(`from:${userOf(from)}`, '&from=-24h'),
    'number that never called, 24 h': () => query('from:+999000111222', '&from=-24h'),
    'free text, a number, 24 h': ({ to }) => query(userOf(to), '&from=-24h'),
    'status:4xx over 24 h': () => query('status:4xx', '&from=-24h'),
    'first page': () => query(''),
  }
  const rows: Row[] = []
  for (const [name, path] of Object.entries(questions)) {
    const tookMs: number[] = []
    let hits = 0
    for (const [i, call] of [...calls.slice(0, WARM_UP), ...calls].entries()) {
      const beganMs = performance.now()
      const body = await get(path(call))
      if (i >= WARM_UP) tookMs.push(performance.now() - beganMs)
      hits += (JSON.parse(body) as Partial<CallPage>).calls?.length ?? 1
    }
    progress(`${name}: ${quantile(tookMs, 0.95).toFixed(1)} ms`)
    const mean = (hits / (calls.length + WARM_UP)).toFixed(1)
    rows.push([
      name,
      tookMs.length,
      quantile(tookMs, 0.5).toFixed(1),
      quantile(tookMs, 0.95).toFixed(1),
      mean,
    ])
  }
  return rows
}

const userOf = (party: string): string => /^(?:sips?:)?([^@]+)/.exec(party)?.[1] ?? party

/** Calls from all over the day. */
async function sample(url: string, wanted: number): Promise<CallPage['calls']> {
  const found: CallPage['calls'][number][] = []
  for (let i = 0; i < wanted; i++) {
    const to = new Date(Date.now() - Math.random() * DAY_MS * 0.97).toISOString()
    const answer = await fetch(`${url}/api/v1/calls?limit=1&to=${to}`)
    found.push(...((await answer.json()) as CallPage).calls)
  }
  if (found.length === 0) throw new Error('no calls to ask for')
  return found
}
