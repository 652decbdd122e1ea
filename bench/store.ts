// What storing costs: decode, group and encode; COPY; bytes in the database, and what each index adds.
//   node_modules/.bin/bun bench/store.ts [thousand messages]
// Calls whole in one batch, then the same calls dealt out over four batches. PostgreSQL is the
// embedded one with its real settings, on the same cores.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'
import type { Chunk, SpoolRecord } from '#spool'
import { connect, migrate, startEmbedded } from '#store'
import { ensurePartitions, partitionStart } from '../src/store/postgres/partitions.ts'
import { type Batch, BatchBuilder } from '../src/store/write/batch.ts'
import { ByteWriter } from '../src/store/write/byte-writer.ts'
import { openCursors } from '../src/store/write/cursors.ts'
import { KpiCounter } from '../src/store/write/kpi-counter.ts'
import { encodeMessages } from '../src/store/write/segment.ts'
import { storeBatch } from '../src/store/write/store-batch.ts'
import { traceRecord } from '../src/store/write/trace.ts'

const messagesWanted =
  Number(process.argv[2] ?? (process.env.CALLIOPE_BENCH_QUICK ? 3 : 100)) * 1000
const SPAN_US = 6 * 3_600_000_000
const NOW_US = Date.now() * 1000
const START = { file: 1, offset: 0, records: 0 }
const rules = {
  ...{ behindMsMax: 14 * 86_400_000, aheadMsMax: 86_400_000 },
  ...{ discardMethods: new Set<string>(), censorMethods: new Set<string>() },
}

let framesBefore = 0
const calls = makeCalls()
const records = calls.flat()
const bytes = records.reduce((sum, { bytes }) => sum + bytes.length, 0)
const perMessage = (ms: number) => ((ms * 1000) / records.length).toFixed(2)
console.log(
  `${records.length} messages in ${calls.length} calls, ${Math.round(bytes / records.length)} bytes a frame`,
)
cpu()
const directory = mkdtempSync(join(tmpdir(), 'calliope-bench-'))
const server = await startEmbedded({ directory })
const sql = connect({ url: server.url, max: 2 })
await migrate(sql)
try {
  await database('whole calls', batchesOf(records, 11_000))
  await database('calls over four batches', dealtOut(4))
  await indexes()
} finally {
  await sql.close()
  await server.stop()
  rmSync(directory, { recursive: true })
}

function makeCalls(): SpoolRecord[][] {
  const scenes: SpoolRecord[][] = []
  const starts = Math.ceil(messagesWanted / 7)
  const startUs = NOW_US - 3_600_000_000
  for (const { packet, scene } of generateTraffic({
    mix: 'calls',
    startsPerSecond: 5_000,
    starts,
    startUs,
  })) {
    scenes[scene] ??= []
    scenes[scene].push({
      ...{ kind: 'frame' as const, receivedUs: NOW_US, transport: 'udp' as const },
      ...{ peerIp: '10.0.0.9', peerPort: 4000, bytes: encodeHep(packet) },
    })
  }
  return scenes
}

function batchesOf(all: readonly SpoolRecord[], size: number): SpoolRecord[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
    all.slice(i * size, (i + 1) * size),
  )
}

/** The n-th part of every call goes into the n-th of so many batches. */
function dealtOut(parts: number): SpoolRecord[][] {
  const callsPerBatch = 11_000 / 7
  return Array.from({ length: Math.ceil(calls.length / callsPerBatch) }, (_, i) =>
    calls.slice(i * callsPerBatch, (i + 1) * callsPerBatch),
  ).flatMap((some) =>
    Array.from({ length: parts }, (_, part) =>
      some.flatMap((call) =>
        call.slice((part * call.length) / parts, ((part + 1) * call.length) / parts),
      ),
    ),
  )
}

/** What the writer's thread spends on a message, step by step. */
function cpu(): void {
  for (let round = 0; round < 3; round++) {
    const at = [performance.now()]
    const traced = records.flatMap((record) => {
      const result = traceRecord(record, rules, NOW_US)
      return result.kind === 'traced' ? [result.message] : []
    })
    at.push(performance.now())
    for (let i = 0; i < traced.length; i += 7) encodeMessages(traced.slice(i, i + 7))
    at.push(performance.now())
    if (round === 2) {
      console.log(`HEP + SIP decode: ${perMessage(at[1]! - at[0]!)} us per message`)
      console.log(`segment codec (with zstd): ${perMessage(at[2]! - at[1]!)} us per message`)
    }
  }
}

async function build(parts: readonly SpoolRecord[]): Promise<Batch> {
  const builder = new BatchBuilder({ rules, customHeaders: [], kpis: new KpiCounter() })
  const from = { ...START, records: framesBefore }
  framesBefore += parts.length
  const chunk: Chunk = {
    ...{ records: parts, frames: parts.length, lostFrames: 0, losses: [] },
    ...{ next: { ...START, records: framesBefore }, intake: undefined, writtenUs: undefined },
  }
  builder.add('bench', from, chunk)
  return await builder.build(new ByteWriter())
}

async function reset(): Promise<void> {
  await sql.unsafe('truncate call_segments, correlation_keys, kpi_minutes, sources')
  await sql`delete from spool_cursors`
  await openCursors(sql, { spoolId: 'bench', node: 'bench', lanes: ['bench'] })
  await sql`update spool_cursors set file = 1`
  framesBefore = 0
  const start = partitionStart(NOW_US - 3_600_000_000, SPAN_US)
  await ensurePartitions(sql, [start, start + SPAN_US], SPAN_US)
}

/** Milliseconds for building and for storing all batches. */
async function run(parts: readonly SpoolRecord[][]): Promise<{ buildMs: number; storeMs: number }> {
  await reset()
  let [buildMs, storeMs] = [0, 0]
  for (const part of parts) {
    const startedAt = performance.now()
    const batch = await build(part)
    const builtAt = performance.now()
    await storeBatch({ sql, spoolId: 'bench', node: 'bench' }, batch, { careful: false })
    buildMs += builtAt - startedAt
    storeMs += performance.now() - builtAt
  }
  return { buildMs, storeMs }
}

async function database(name: string, parts: readonly SpoolRecord[][]): Promise<void> {
  const runs = [await run(parts), await run(parts), await run(parts)]
  const buildMs = Math.min(...runs.map((each) => each.buildMs))
  const storeMs = Math.min(...runs.map((each) => each.storeMs))
  console.log(`${name}:`)
  console.log(`  decode + group + encode: ${perMessage(buildMs)} us per message`)
  console.log(`  transaction (COPY, side tables, commit): ${perMessage(storeMs)} us per message`)
  const sizes = await sizesOf(sql)
  const total = sizes.reduce((sum, size) => sum + size.bytes, 0)
  console.log(`  database: ${(total / records.length).toFixed(1)} bytes per message`)
  for (const size of sizes) {
    console.log(`    ${(size.bytes / records.length).toFixed(1).padStart(6)}  ${size.name}`)
  }
}

async function sizesOf(from: SQL): Promise<{ name: string; bytes: number }[]> {
  return await from`
    select regexp_replace(c.relname, 'call_segments_\\d+_\\d+', 'P') as name,
      sum(pg_table_size(c.oid))::float8 as bytes
    from pg_class c join pg_index i on i.indexrelid = c.oid join pg_inherits h on h.inhrelid = i.indrelid
    group by 1 union all
    select 'rows', sum(pg_table_size(inhrelid))::float8 from pg_inherits
      where inhparent = 'call_segments'::regclass
    order by 2 desc`
}

/** The transaction again with one index less, each in turn. */
async function indexes(): Promise<void> {
  const parts = batchesOf(records, 11_000)
  const all =
    await sql`select indexdef, indexname from pg_indexes where tablename = 'call_segments'`
  const timed = async () => {
    const runs = [await run(parts), await run(parts), await run(parts)]
    return Math.min(...runs.map(({ storeMs }) => storeMs))
  }
  const withAll = await timed()
  console.log(
    `COPY with all ${all.length} indexes: ${perMessage(withAll)} us per message; without …`,
  )
  for (const { indexname, indexdef } of all) {
    await sql.unsafe(`drop index ${indexname}`)
    console.log(`  ${indexname}: ${perMessage(await timed())}`)
    await sql.unsafe(indexdef.replace(' ON ONLY ', ' ON '))
  }
}
