// The most frequent hosts and talkers of a range, the parts and nodes added. Up to a day by minutes, then
// by whole hours, of which those that overlap the range count whole.
import type { SQL } from 'bun'
import type { KpiDetails, KpiHost, KpiTalker, TalkerKind } from '#contract'
import { type ReadSession, readSession } from './read-session.ts'
import { SqlParams } from './sql-params.ts'

const HOSTS_MAX = 50
const TALKERS_MAX = 20
const MINUTES_US_MAX = 25 * 3_600_000_000
const HOUR_US = 3_600_000_000

interface HostRow {
  readonly name: string
  readonly answered: string
  readonly failed: string
  readonly cancelled: string
  readonly failures: KpiHost['failures']
}

interface TalkerRow {
  readonly kind: TalkerKind
  readonly name: string
  readonly attempts: string
  readonly answered: string
  readonly failed: string
}

/** Hosts by what they decided, talkers by what they began. */
export async function readKpiDetails(sql: SQL, fromUs: number, toUs: number): Promise<KpiDetails> {
  const { signal } = new AbortController()
  return readSession(sql, { signal }, async (session) => ({
    hosts: await readHosts(session, fromUs, toUs),
    talkers: await readTalkers(session, fromUs, toUs),
  }))
}

function spansSql(params: SqlParams, fromUs: number, toUs: number): string {
  const byMinute = toUs - fromUs <= MINUTES_US_MAX
  const start = byMinute ? fromUs : fromUs - (fromUs % HOUR_US)
  return `span_seconds = ${byMinute ? 60 : 3600} and span_start >= ${params.time(start)}
    and span_start < ${params.time(toUs)}`
}

async function readHosts(
  session: ReadSession,
  fromUs: number,
  toUs: number,
): Promise<readonly KpiHost[]> {
  const params = new SqlParams()
  const rows = await session.rows<HostRow>(
    `with decided as (
      select h.* from kpi_details d, jsonb_to_recordset(d.hosts)
        as h(name text, answered bigint, failed bigint, cancelled bigint, failures jsonb)
      where ${spansSql(params, fromUs, toUs)}),
    codes as (
      select name, jsonb_object_agg(status, count) as failures from (
        select name, status, sum(n::bigint) as count
        from decided, jsonb_each_text(failures) as f(status, n) group by name, status) as summed
      group by name)
    select name, sum(answered) as answered, sum(failed) as failed, sum(cancelled) as cancelled,
      coalesce((array_agg(c.failures))[1], '{}') as failures
    from decided left join codes c using (name) group by name
    order by sum(answered + failed + cancelled) desc, name limit ${HOSTS_MAX}`,
    params.values,
  )
  return rows.map(({ name, answered, failed, cancelled, failures }) => ({
    host: name,
    answered: Number(answered),
    failed: Number(failed),
    cancelled: Number(cancelled),
    failures,
  }))
}

async function readTalkers(
  session: ReadSession,
  fromUs: number,
  toUs: number,
): Promise<readonly KpiTalker[]> {
  const params = new SqlParams()
  const rows = await session.rows<TalkerRow>(
    `select * from (
      select kind, name, sum(attempts) as attempts, sum(answered) as answered, sum(failed) as failed,
        row_number() over (partition by kind order by sum(attempts) desc, sum(failed) desc, name) as rank
      from kpi_details d, jsonb_to_recordset(d.talkers)
        as t(kind text, name text, attempts bigint, answered bigint, failed bigint)
      where ${spansSql(params, fromUs, toUs)} group by kind, name) as ranked
    where rank <= ${TALKERS_MAX} order by kind, rank`,
    params.values,
  )
  return rows.map(({ kind, name, attempts, answered, failed }) => ({
    ...{ kind, name, attempts: Number(attempts) },
    answered: kind === 'agent' ? null : Number(answered),
    failed: kind === 'agent' ? null : Number(failed),
  }))
}
