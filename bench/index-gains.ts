// What each index of the calls buys in search: the same questions while the planner does not see it. An
// index that is marked invalid is still kept up to date and stays where it is, so that hiding ten
// million entries and showing them again takes no time.
import type { SQL } from 'bun'
import { askAll, sampleCalls } from './questions.ts'
import { progress } from './report.ts'
import { type Row, table } from './table.ts'

const ASKED = 3

/** A table: one row an index, one column a question, the median in ms without the index. */
export async function indexGains(admin: SQL, url: string): Promise<string> {
  const names = (await admin`
    select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'call_segments'::regclass order by 1`) as { name: string }[]
  const calls = await sampleCalls(url, ASKED)
  const all = await askAll(url, calls)
  const rows: Row[] = [['(none)', ...all.map(({ p50Ms }) => p50Ms.toFixed(1))]]
  for (const { name } of names) {
    progress(`without ${name}`)
    await show(admin, name, false)
    try {
      const answers = await askAll(url, calls)
      rows.push([name, ...answers.map(({ p50Ms }, i) => slower(p50Ms, all[i]!.p50Ms))])
    } finally {
      await show(admin, name, true)
    }
  }
  return table(['hidden', ...all.map(({ name }) => name)], rows)
}

// What differs by less than half is noise, and left out to let the rest be seen.
const slower = (ms: number, before: number): string =>
  ms > before * 1.5 && ms - before > 2 ? `**${ms.toFixed(1)}**` : ''

async function show(admin: SQL, name: string, isShown: boolean): Promise<void> {
  await admin`
    update pg_index set indisvalid = ${isShown} where indexrelid in (
      select ${name}::regclass union all
      select inhrelid from pg_inherits where inhparent = ${name}::regclass)`
}
