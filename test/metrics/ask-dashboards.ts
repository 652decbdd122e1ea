// Asks Prometheus every query of a folder of Grafana dashboards, over the last minutes, and says which of them
// it refuses and which find nothing. Variables are taken to choose everything.
//
//   bun test/metrics/ask-dashboards.ts FOLDER http://HOST:PORT
//
// Ends with 1 when a query is refused. That one finds nothing may be right: a condition that does not hold, or
// what happened a week ago.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, prometheus] = process.argv.slice(2) as [string, string]
const MINUTES = 5
const STEP_SECONDS = 5

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result?: readonly unknown[] }
}

let refused = 0
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()) {
  const queries = [...new Set(queriesIn(JSON.parse(readFileSync(join(folder, file), 'utf8'))))]
  const answers = await Promise.all(queries.map(ask))
  const bad = answers.filter(({ status }) => status !== 'success')
  const empty = queries.filter((_, i) => answers[i]!.data?.result?.length === 0)
  refused += bad.length
  process.stdout.write(
    `${file}: ${queries.length} queries, ${bad.length} refused, ${empty.length} empty\n`,
  )
  for (const { error } of bad) process.stdout.write(`  refused: ${error}\n`)
  for (const query of empty) process.stdout.write(`  empty: ${query.replaceAll(/\s+/g, ' ')}\n`)
}
process.exitCode = refused > 0 ? 1 : 0

function queriesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(queriesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' && typeof inner === 'string' ? [inner] : queriesIn(inner),
  )
}

async function ask(query: string): Promise<Answer> {
  const now = Math.floor(Date.now() / 1000)
  const expr = query.replaceAll('$__rate_interval', '1m').replaceAll(/\$\{?[a-z]\w*\}?/g, '.*')
  const range = { start: String(now - MINUTES * 60), end: String(now), step: String(STEP_SECONDS) }
  const body = new URLSearchParams({ query: expr, ...range })
  const response = await fetch(`${prometheus}/api/v1/query_range`, { method: 'POST', body })
  return (await response.json()) as Answer
}
