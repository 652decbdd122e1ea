// What the columns of call_segments mean, in SQL: NULL often stands for "as that other column", and
// lists are text with separators (001-calls.sql). Expressions about a segment `s`.

/** Domains of the parties; NULL or '' when there is none. */
export const DOMAINS = {
  from: 's.from_domain',
  to: 'coalesce(s.to_domain, s.from_domain)',
  ruri: 'coalesce(s.ruri_domain, s.to_domain, s.from_domain)',
} as const

/** Texts that may be shared; slow where all rows are looked at (`sharedSql` in query-conditions.ts is for those). */
const shared = (ref: string): string =>
  `(select x.text from shared_texts x where x.id = s.${ref}_ref)`
export const TEXTS = {
  userAgent: `coalesce(s.user_agent, ${shared('user_agent')})`,
  captureIds: `coalesce(s.capture_ids, nullif(split_part(${shared('captured')}, e'\\n', 1), ''))`,
  capturedBy: `coalesce(s.captured_by, substring(${shared('captured')} from e'\\n(.*)'))`,
} as const

/** A shared text `x` as the lists of capture ids and names that it stands for, unless it is a user agent. */
export const CAPTURED = {
  ids: `case when x.text ~ '^[0-9]+( [0-9]+)*(\\n|$)'
    then string_to_array(split_part(x.text, e'\\n', 1), ' ')::numeric[] end`,
  names: "(string_to_array(x.text, e'\\n'))[2:]",
} as const

/** Lists, as arrays. */
export const LISTS = {
  hosts: "string_to_array(concat_ws(' ', s.src_ip, s.dst_ip, s.hosts), ' ')",
  statuses: "string_to_array(s.statuses, ' ')::smallint[]",
  captureIds: "string_to_array(s.capture_ids, ' ')::bigint[]",
  capturedBy: "string_to_array(s.captured_by, e'\\n')",
} as const
