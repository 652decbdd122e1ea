// Values to complete a query with: what a field held in the newest rows, and for users, which have an
// index, whatever begins as typed. Bounded by rows, never by luck: a value that was not seen lately may
// be missing, which completion says of itself.
import { OUTCOMES, type RecentValue } from '#contract'
import { likeText } from './glob.ts'
import { PROTOCOL_WORDS } from './query-fields.ts'
import type { ReadSession } from './read-session.ts'
import { TEXTS } from './segment-columns.ts'
import { SqlParams } from './sql-params.ts'

const ROWS_MAX = 20_000
const INDEXED_ROWS_MAX = 2_000
const VALUES_MAX = 20

/**
 * The values of a field of the query language that begin with `prefix`, those seen most often first;
 * `header.NAME` too, and `header` for the names themselves.
 */
export async function recentValues(
  session: ReadSession,
  field: string,
  prefix: string,
): Promise<readonly RecentValue[]> {
  const name = field.toLowerCase()
  if (name === 'outcome') return wordsOf(OUTCOMES, prefix)
  if (name === 'protocol') return wordsOf([...PROTOCOL_WORDS.keys()], prefix)
  const params = new SqlParams()
  const values = valuesSql(name, params)
  if (values === undefined) return []
  const like = params.text(likeText([prefix, '']))
  // Grouped in the newest rows only: a sort of everything would take as long as there is data.
  const recent = `select ${values} as value from (select * from call_segments
    order by first_at desc limit ${ROWS_MAX}) s`
  const all = [recent, ...indexedSql(name, prefix, like)].join(' union all ')
  const rows = await session.rows<{ value: string; seen: string }>(
    `select value, count(*) as seen from (${all}) found
     where value <> '' and value ilike ${like} group by value order by seen desc, value limit ${VALUES_MAX}`,
    params.values,
  )
  return rows.map(({ value, seen }) => ({ value, seen: Number(seen) }))
}

const wordsOf = (words: readonly string[], prefix: string): readonly RecentValue[] =>
  words.filter((word) => word.startsWith(prefix.toLowerCase())).map((value) => ({ value, seen: 0 }))

const COLUMNS: Readonly<Record<string, string>> = {
  from: 's.from_user',
  to: 's.to_user',
  ruri: 'coalesce(s.ruri_user, s.to_user)',
  user: 'unnest(array[s.from_user, s.to_user, s.ruri_user])',
  domain: 'unnest(array[s.from_domain, s.to_domain, s.ruri_domain])',
  method: 's.method',
  ua: TEXTS.userAgent,
  node: `unnest(string_to_array(${TEXTS.capturedBy}, E'\\n'))`,
  status: "unnest(string_to_array(s.statuses, ' '))",
  reply: "unnest(string_to_array(s.statuses, ' '))",
  capture: `unnest(string_to_array(${TEXTS.captureIds}, ' '))`,
  ip: "unnest(array[s.src_ip, s.dst_ip] || string_to_array(s.hosts, ' '))",
  src: 's.src_ip',
  dst: 's.dst_ip',
}

function valuesSql(name: string, params: SqlParams): string | undefined {
  if (name === 'header') return 'jsonb_object_keys(s.headers)'
  if (!name.startsWith('header.')) return COLUMNS[name]
  const key = params.text(name.slice('header.'.length))
  return `(jsonb_path_query(s.headers -> ${key}, 'lax $[*]') #>> '{}')`
}

/** Users by their index: also those who have not called for a long time. */
function indexedSql(name: string, prefix: string, like: string): readonly string[] {
  if (prefix.length < 2) return []
  const columns = name === 'user' ? ['from', 'to', 'ruri'] : [name]
  return columns
    .filter((column) => ['from', 'to', 'ruri'].includes(column))
    .map(
      (column) => `(select s.${column}_user from call_segments s where s.${column}_user like ${like}
        limit ${INDEXED_ROWS_MAX})`,
    )
}
