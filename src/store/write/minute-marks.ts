// What the segments of each minute hold, in lists that a search reads instead of the segments: one for
// status 503 over a month looks only into the minutes that have any. A side table and not an index,
// because a batch touches one or two of its rows and not each of its segments: 0.1 µs a message.
//
// A list that would become long (a registrar's hosts) is given up and says so, as NULL: what is in
// the table may be too much, never too little, or a search would miss calls.
import type { SQL } from 'bun'
import { cleanText } from './copy-fields.ts'
import type { SegmentFields } from './segment-row.ts'

/** The smallest stretch of time that a search skips. */
export const MARKED_US = 60_000_000
/** Values in a list; those of a busy minute take a page of 8 KiB or two. */
const LIST_MAX = 500

/** One minute of one batch; an undefined list is one that was given up. */
export interface MinuteMark {
  readonly minuteUs: number
  readonly lists: Readonly<Record<MarkedList, readonly (string | number)[] | undefined>>
}

/** The columns with lists, and what they are lists of. */
export const MARKED_LISTS = {
  protocols: 'smallint',
  statuses: 'smallint',
  methods: 'text',
  domains: 'text',
  user_agents: 'text',
  hosts: 'text',
  capture_ids: 'bigint',
  captured_by: 'text',
} as const
export type MarkedList = keyof typeof MARKED_LISTS

type Sets = Record<MarkedList, Set<string | number>>

/** Collects the marks of a batch. */
export class MinuteMarks {
  readonly #minutes = new Map<number, Sets>()
  #lastMinute = Number.NaN
  #last: Sets = emptySets()

  note({ state, protocol, hosts, statuses, captureIds, capturedBy }: SegmentFields): void {
    const sets = this.#at(Math.floor(state.firstUs / MARKED_US))
    add(sets.protocols, protocol)
    addAll(sets.hosts, hosts)
    addAll(sets.statuses, statuses)
    addAll(sets.capture_ids, captureIds)
    addAll(sets.captured_by, capturedBy)
    // The lists of a segment are cut at some length; these stand in columns of their own.
    addNamed(sets.hosts, state.srcIp)
    addNamed(sets.hosts, state.dstIp)
    add(sets.statuses, state.answerStatus)
    add(sets.statuses, state.failureStatus)
    add(sets.statuses, state.challengeStatus)
    addNamed(sets.methods, state.method)
    addNamed(sets.user_agents, state.userAgent)
    addNamed(sets.domains, state.fromDomain)
    if (state.toDomain !== state.fromDomain) addNamed(sets.domains, state.toDomain)
    if (state.ruriDomain !== state.toDomain) addNamed(sets.domains, state.ruriDomain)
  }

  /** By time: nodes that store at once take their locks in one order. */
  take(): readonly MinuteMark[] {
    return [...this.#minutes]
      .sort(([a], [b]) => a - b)
      .map(([minute, sets]) => ({ minuteUs: minute * MARKED_US, lists: listsOf(sets) }))
  }

  #at(minute: number): Sets {
    if (minute === this.#lastMinute) return this.#last
    let sets = this.#minutes.get(minute)
    if (sets === undefined) {
      sets = emptySets()
      this.#minutes.set(minute, sets)
    }
    this.#lastMinute = minute
    this.#last = sets
    return sets
  }
}

function emptySets(): Sets {
  const sets = Object.keys(MARKED_LISTS).map((list) => [list, new Set()])
  return Object.fromEntries(sets) as Sets
}

function add(set: Set<string | number>, value: string | number | undefined): void {
  if (value !== undefined && set.size <= LIST_MAX) set.add(value)
}

function addNamed(set: Set<string | number>, value: string): void {
  if (value !== '') add(set, value)
}

function addAll(set: Set<string | number>, values: Iterable<string | number>): void {
  for (const value of values) add(set, value)
}

function listsOf(sets: Sets): MinuteMark['lists'] {
  const lists = Object.entries(sets).map(([list, values]) => [
    list,
    values.size > LIST_MAX ? undefined : [...values].map(storedValue),
  ])
  return Object.fromEntries(lists) as MinuteMark['lists']
}

/** As the row has it. */
const storedValue = (value: string | number) =>
  typeof value === 'string' ? cleanText(value).replaceAll('\n', ' ').toWellFormed() : value

/** The same minutes, of which nothing is known any more. */
export function unknownMarks(marks: readonly MinuteMark[]): readonly MinuteMark[] {
  const nothing = Object.fromEntries(LISTS.map((list) => [list, undefined]))
  return marks.map(({ minuteUs }) => ({ minuteUs, lists: nothing as MinuteMark['lists'] }))
}

/** Adds what a batch holds to what is known of its minutes. */
export async function storeMarks(
  sql: SQL,
  marks: readonly MinuteMark[],
  node: string,
): Promise<void> {
  if (marks.length === 0) return
  const rows = marks.map(({ minuteUs, lists }) => ({ minute_us: minuteUs, ...lists }))
  await sql.unsafe(STORE, [node, rows])
}

const LISTS = Object.keys(MARKED_LISTS) as MarkedList[]
const given = LISTS.map(
  (list) => `case when row ? '${list}' then array(
    select value::${MARKED_LISTS[list]} from jsonb_array_elements_text(row -> '${list}') value) end as ${list}`,
)
const isNews = LISTS.map((list) => `not coalesce(excluded.${list} <@ m.${list}, m.${list} is null)`)
const joined = LISTS.map(
  (list) => `${list} = case
    when cardinality(m.${list}) + cardinality(excluded.${list}) <= ${LIST_MAX * 2} then
      (select case when count(*) <= ${LIST_MAX} then coalesce(array_agg(value), '{}') end
       from (select unnest(m.${list}) union select unnest(excluded.${list})) both_lists (value)) end`,
)

/** An update only when there is something new: most batches have nothing new to say of a minute. */
const STORE = `
  insert into segment_minutes as m (minute, node, ${LISTS.join(', ')})
  select to_timestamp((row ->> 'minute_us')::bigint / 1000000), $1::text, ${given.join(', ')}
  from jsonb_array_elements($2::jsonb) row
  on conflict (minute, node) do update set ${joined.join(', ')}
  where ${isNews.join(' or ')}`
