import { connect } from '#store'
import { temporaryDirectory } from '../test/program.ts'
import { startCapture, watchCpu } from './capture.ts'
import { startServer, tableBytes } from './database.ts'
import { fillSpool, untilStored } from './fill.ts'
import { trafficRing } from './traffic.ts'
import { mergeCalls } from '../src/store/merge/merge-calls.ts'
const N = 150_000
await using server = await startServer()
for (const shape of ['whole', 'spread'] as const) {
  using directory = temporaryDirectory('calliope-bench-')
  await fillSpool({ directory: directory.path, ring: trafficRing(shape), messages: N })
  const database = await server.create(`m_${shape}`)
  const cpu0 = server.cpuUs()
  { await using capture = await startCapture({ directory: directory.path, database, flags: [] })
    await watchCpu(capture.pid, () => untilStored(capture, N)) }
  console.log(shape, 'PG us/msg', ((server.cpuUs() - cpu0) / N).toFixed(2))
  const sql = connect({ url: database, max: 1 })
  const show = async (t: string) => {
    const s = await sql`select name, sum(b)::float8 as b from (select case when c.relname ~ '^call_segments_\d' then regexp_replace(c.relname, '^call_segments_\d+_\d+(_merging)?', 'P') else c.relname end as name, case when c.relkind='r' then pg_table_size(c.oid) else pg_relation_size(c.oid) end as b from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='public' and c.relkind in ('r','i')) x group by 1 having sum(b)/${N} > 0.4 order by 2 desc` as any[]
    console.log(shape, t, ((await tableBytes(sql)) / N).toFixed(1), s.map(({name,b}) => `${name} ${(b/N).toFixed(1)}`).join('  '))
    const [r] = await sql`select count(*)::int as rows, sum(octet_length(messages))::float8/${N} as m, avg(pg_column_size(s.*) - coalesce(octet_length(messages), 0) * 0)::float8 as row from call_segments s`
    console.log('  rows', r.rows, 'messages B/msg', r.m?.toFixed(1), 'row', r.row?.toFixed(0))
  }
  await show('stored')
  const c0 = process.cpuUsage(), p0 = server.cpuUs(), t0 = performance.now()
  for (;;) { const m = await mergeCalls(database, { share: 1, memoryBytes: 48 << 20, afterMs: 0, nowMs: Date.now() + 3 * 86400e3, signal: new AbortController().signal }); if (!m) break; if (m.messages) console.log(JSON.stringify(m)) }
  const c = process.cpuUsage(c0)
  console.log(`  merge: ${((performance.now()-t0)*1000/N).toFixed(2)} us/msg wall, ${((c.user+c.system)/N).toFixed(2)} us CPU here, ${((server.cpuUs()-p0)/N).toFixed(2)} in PostgreSQL, rss ${(process.memoryUsage().rss/1e6).toFixed(0)} MB`)
  await show('merged')
  await sql.close()
}
