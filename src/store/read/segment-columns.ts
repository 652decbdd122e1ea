// What the columns of call_segments mean, in SQL: NULL often stands for "as that other column", and
// lists are text with separators (001-calls.sql). Expressions about a segment `s`.

/** Domains of the parties; NULL or '' when there is none. */
export const DOMAINS = {
  from: 's.from_domain',
  to: 'coalesce(s.to_domain, s.from_domain)',
  ruri: 'coalesce(s.ruri_domain, s.to_domain, s.from_domain)',
} as const

/** Lists, as arrays. */
export const LISTS = {
  hosts: "string_to_array(concat_ws(' ', s.src_ip, s.dst_ip, s.hosts), ' ')",
  statuses: "string_to_array(s.statuses, ' ')::smallint[]",
  captureIds: "string_to_array(s.capture_ids, ' ')::bigint[]",
  capturedBy: "string_to_array(s.captured_by, e'\\n')",
} as const
