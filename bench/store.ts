// What storing costs, by the real writer from a full spool: its CPU, PostgreSQL's, and bytes in the
// database; and what each index adds to both. Calls whole, and calls spread over many batches.
import { connect } from '#store'
import { temporaryDirectory } from '../test/program.ts'
import { type Capture, startCapture, watchCpu } from './capture.ts'
import { type BenchServer, startServer, tableBytes } from './database.ts'
import { fillSpool, untilStored } from './fill.ts'
import type { BenchOptions } from './options.ts'
import { cpuText } from './proc.ts'
import { progress, publish } from './report.ts'
import { StoredRows } from './stored-rows.ts'
import { count, type Row, table } from './table.ts'
import { type Figure, verdictOn } from './targets.ts'
import { type TrafficShape, trafficRing } from './traffic.ts'

const MESSAGES_MAX = 1e6
const HOUR_MS = 3_600_000
/** Merging looks for partitions that are over once a minute. */
const MERGE_MS_MAX = 240_000
const MERGE_SOON = [
  '--store-partition',
  '1h',
  '--store-merge-after',
  '60s',
  '--store-merge-cpu',
  '100',
]
const SHAPES: readonly TrafficShape[] = ['whole', 'spread']

export async function store(options: BenchOptions): Promise<void> {
  const messages = options.isQuick ? 5_000 : Math.min(options.messages, MESSAGES_MAX)
  await using server = await startServer(options)
  const rows: Row[] = []
  const figures: Record<string, Figure> = {}
  const parts: string[] = []
  for (const shape of options.isQuick ? SHAPES.slice(0, 1) : SHAPES) {
    const database = `store_${shape}`
    const run = await storeOnce(server, database, shape, messages, options)
    const how = `as written, from a backlog; when merged ${run.merged}`
    const figure = { value: run.bytesPerMessage, how }
    figures[`bytes.${shape}`] = figure
    if (shape === 'spread' && run.mergedBytes !== undefined)
      figures['bytes.spread.merged'] = { value: run.mergedBytes, how: 'from a backlog' }
    const bytes = [run.bytesPerMessage.toFixed(0), run.merged, verdictOn(`bytes.${shape}`, figure)]
    rows.push([shape, `${count(run.rate)}/s`, run.cpu, run.databaseUs.toFixed(2), ...bytes])
    parts.push(`Calls ${shape}, bytes per message by relation:\n\n${run.sizes}`)
    if (shape === 'whole') parts.push(await indexCosts(server, database, messages))
    await server.drop(database)
  }
  const head = [
    'calls',
    'stored',
    'CPU µs/msg by thread',
    'PostgreSQL µs/msg',
    'bytes/msg',
    'target',
  ]
  const body = `${count(messages)} messages from a full spool, ${server.version}.\n\n${table(head, rows)}\n\n${parts.join('\n\n')}`
  publish('store', body, options, figures)
}

async function storeOnce(
  server: BenchServer,
  name: string,
  shape: TrafficShape,
  messages: number,
  { flags, isQuick }: BenchOptions,
) {
  using directory = temporaryDirectory('calliope-bench-')
  // In the middle of an hour that is over, so that its partition will be merged.
  const sinceMs = Date.now() - (Math.floor(Date.now() / HOUR_MS) - 3.5) * HOUR_MS
  const span = { sinceMs, untilMs: sinceMs - messages / 200 }
  await fillSpool({ directory: directory.path, ring: trafficRing(shape), messages, ...span })
  const database = await server.create(name)
  const databaseBefore = server.cpuUs()
  const beganMs = performance.now()
  await using capture = await startCapture({
    ...{ directory: directory.path, database },
    flags: [...MERGE_SOON, ...flags],
  })
  const { threads } = await watchCpu(capture.pid, () => untilStored(capture, messages))
  const rate = (messages / (performance.now() - beganMs)) * 1_000
  const databaseUs = (server.cpuUs() - databaseBefore) / messages
  const sql = connect({ url: database, max: 1 })
  try {
    const bytesPerMessage = (await tableBytes(sql)) / messages
    const sizes = table(['relation', 'bytes/msg'], await sizesOf(sql, messages))
    const bytesMerged = isQuick ? undefined : await bytesWhenMerged(capture, sql)
    const mergedBytes = bytesMerged === undefined ? undefined : bytesMerged / messages
    const merged = mergedBytes?.toFixed(0) ?? 'not within this run'
    const cpu = cpuText(threads, messages)
    return { rate, databaseUs, bytesPerMessage, mergedBytes, merged, sizes, cpu }
  } finally {
    await sql.close({ timeout: 0 })
  }
}

/** Bytes after the background step put calls together; undefined when it did not within the time. */
async function bytesWhenMerged(
  capture: Capture,
  sql: ReturnType<typeof connect>,
): Promise<number | undefined> {
  const deadline = performance.now() + MERGE_MS_MAX
  while (performance.now() < deadline) {
    const text = await (await fetch(`${capture.program.url}/metrics`)).text()
    const merged = Number(/^calliope_store_merged_partitions_total (\d+)/m.exec(text)?.[1] ?? 0)
    if (merged > 0) return await tableBytes(sql)
    progress(
      `stored; waiting for the merge, ${((deadline - performance.now()) / 1_000).toFixed(0)} s left`,
    )
    await Bun.sleep(500)
  }
  return undefined
}

/** Partitions taken together, their indexes apart; all other tables whole. */
async function sizesOf(sql: ReturnType<typeof connect>, messages: number): Promise<Row[]> {
  const rows = (await sql`
    select name, sum(bytes)::float8 as bytes from (
      select case when c.relname ~ '^call_segments_\\d' then
               regexp_replace(c.relname, '^call_segments_\\d+_\\d+', 'call_segments') else c.relname end as name,
             case when c.relkind = 'r' then pg_table_size(c.oid) else pg_relation_size(c.oid) end as bytes
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'i')) as each
    group by 1 having sum(bytes) / ${messages} > 0.05 order by 2 desc`) as {
    name: string
    bytes: number
  }[]
  return rows.map(({ name, bytes }) => [name, (bytes / messages).toFixed(1)])
}

/** The COPY alone, with all indexes and with one less, each in turn. */
async function indexCosts(
  server: BenchServer,
  database: string,
  messages: number,
): Promise<string> {
  const stored = await StoredRows.takeFrom(server, database)
  const indexes = await stored.indexes()
  const definitions = indexes.map(({ definition }) => definition)
  const perMessage = (ms: number) => ((ms * 1_000) / messages).toFixed(2)
  const all = await stored.copyMs('with all indexes', definitions)
  const rows: Row[] = [['(all)', perMessage(all), '']]
  for (const { name, definition } of indexes) {
    const without = await stored.copyMs(
      `without ${name}`,
      definitions.filter((one) => one !== definition),
    )
    rows.push([name, perMessage(without), perMessage(all - without)])
  }
  await stored.close()
  return `COPY inside the server, calls whole, leaving out one index each:\n\n${table(['index', 'µs/msg without it', 'so it costs'], rows)}`
}
