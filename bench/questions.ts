// What people ask of the store, each time with other values, one question at a time, through HTTP.
import type { CallPage } from '#contract'
import { progress } from './report.ts'
import { quantile } from './table.ts'

const DAY_MS = 86_400_000
const WARM_UP = 3

export interface Answered {
  readonly name: string
  /** Among the targets, where it is one. */
  readonly key: string | undefined
  readonly asked: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly meanHits: number
}

export type Call = CallPage['calls'][number]
type Question = readonly [name: string, key: string | undefined, path: (call: Call) => string]

const query = (q: string, more = '') => `/api/v1/calls?q=${encodeURIComponent(q)}${more}`
const DAY = '&from=-24h'

const QUESTIONS: readonly Question[] = [
  ['call by id (search)', 'search.callid', ({ callId }) => query(`callid:${callId}`)],
  ['call page data', 'search.page', ({ callId }) => `/api/v1/calls/${encodeURIComponent(callId)}`],
  ['number over 24 h', 'search.number', ({ from }) => query(`from:${userOf(from)}`, DAY)],
  ['number that never called, 24 h', undefined, () => query('from:+999000111222', DAY)],
  [
    'number by its end (*1234), 24 h',
    undefined,
    ({ to }) => query(`to:*${userOf(to).slice(-7)}`, DAY),
  ],
  ['free text, a number, 24 h', undefined, ({ to }) => query(userOf(to), DAY)],
  ['status:4xx over 24 h', undefined, () => query('status:4xx', DAY)],
  ['first page', undefined, () => query('')],
]

/** Some question about some of the calls. */
export function randomPath(calls: readonly Call[]): string {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(Math.random() * items.length)]!
  const [, , path] = pick(QUESTIONS)
  return path(pick(calls))
}

/** Asks every question about every call. */
export async function askAll(url: string, calls: readonly Call[]): Promise<Answered[]> {
  const answers: Answered[] = []
  for (const question of QUESTIONS) answers.push(await ask(url, question, calls))
  return answers
}

async function ask(
  url: string,
  [name, key, path]: Question,
  calls: readonly Call[],
): Promise<Answered> {
  const tookMs: number[] = []
  let hits = 0
  for (const [i, call] of [...calls.slice(0, WARM_UP), ...calls].entries()) {
    const beganMs = performance.now()
    const body = await get(url + path(call))
    // Once is enough of what takes longer than the server lets anything take.
    if (i < WARM_UP && body !== undefined) continue
    tookMs.push(performance.now() - beganMs)
    if (body === undefined) break
    hits += (JSON.parse(body) as Partial<CallPage>).calls?.length ?? 1
  }
  const p95Ms = quantile(tookMs, 0.95)
  progress(`${name}: p95 ${p95Ms.toFixed(1)} ms`)
  return {
    ...{ name, key, asked: tookMs.length, p50Ms: quantile(tookMs, 0.5), p95Ms },
    meanHits: hits / tookMs.length,
  }
}

const TIMED_OUT = 504

/** The answer; undefined when the server gave up on it. */
async function get(url: string): Promise<string | undefined> {
  const response = await fetch(url)
  const body = await response.text()
  if (response.status === TIMED_OUT) return undefined
  if (!response.ok) throw new Error(`${url}: ${response.status} ${body}`)
  return body
}

const userOf = (party: string): string => /^(?:sips?:)?([^@]+)/.exec(party)?.[1] ?? party

/** Calls from all over the last day. */
export async function sampleCalls(url: string, wanted: number): Promise<readonly Call[]> {
  const found: Call[] = []
  for (let i = 0; i < wanted; i++) {
    const to = new Date(Date.now() - Math.random() * DAY_MS * 0.97).toISOString()
    const page = JSON.parse((await get(`${url}/api/v1/calls?limit=1&to=${to}`)) ?? '{}')
    found.push(...((page as Partial<CallPage>).calls ?? []))
  }
  if (found.length === 0) throw new Error('no calls to ask for')
  return found
}
