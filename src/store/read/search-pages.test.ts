// Any calls, any search: its pages together are what looking at everything would find.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { CallRow, CallSearch } from '#contract'
import { decodeMessages } from '../write/segment.ts'
import { callRowOf } from './call-row.ts'
import { listedId } from './loose-segment.ts'
import { type MergedCall, mergeSegments } from './merged-call.ts'
import { matchesQuery } from './query-match.ts'
import { printQuery } from './query-print.ts'
import type { Query } from './query-terms.ts'
import { type Asked, asked, calls } from './search-arbitrary.ts'
import { compareKeys } from './search-key.ts'
import { type SegmentRow, SUMMARY_COLUMNS } from './segment-summary.ts'
import { insertSegments, TEST_US } from './test-calls.ts'
import { callsDatabase, SEARCH_OPTIONS, searchPage } from './test-rig.ts'

const database = callsDatabase()

test('searchCalls pages together are every matching call, newest first, each exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.array(asked, { minLength: 6, maxLength: 6 }), async (dealt, all) => {
      await database.sql`truncate call_segments`
      await insertSegments(
        database.sql,
        dealt.flatMap(({ segments }) => segments),
      )
      for (const asked of all) {
        const one = { ...asked, query: await queryOf(asked) }
        const range = { fromUs: shifted(one.fromUs), toUs: shifted(one.toUs) }
        const wanted = await bruteForce(one.query, range)
        expect(await pagesOf(one, range)).toEqual(wanted)
      }
    }),
    { numRuns: 50 },
  )
}, 60_000)

async function queryOf({ query, about }: Asked): Promise<Query> {
  if (about === undefined) return query
  const all = (await storedCalls({})).map(({ call }) => call)
  return about[1].flatMap((truth) => truth(all[about[0] % all.length]!) ?? [])
}

const shifted = (us: number | undefined) => (us === undefined ? undefined : TEST_US + us)
type Range = Pick<CallSearch, 'fromUs' | 'toUs'>

async function pagesOf(one: Asked, range: Range): Promise<CallRow[]> {
  const rows: CallRow[] = []
  const options = { ...SEARCH_OPTIONS, limits: one.limits, nowUs: TEST_US + one.nowUs }
  const first = { q: printQuery(one.query), limit: one.limit, ...range }
  let page = await searchPage(database.sql, first, options)
  rows.push(...page.calls)
  for (let pages = 1; page.nextCursor !== null; pages += 1) {
    expect(pages).toBeLessThan(500)
    // The range of the first page is in the cursor: relative times move on.
    const next = { ...first, fromUs: undefined, cursor: page.nextCursor }
    page = await searchPage(database.sql, next, options)
    rows.push(...page.calls)
  }
  return rows
}

/** The same without SQL conditions, pages, windows and order: what is stored, grouped and filtered. */
async function bruteForce(query: Query, { fromUs, toUs = Infinity }: Range): Promise<CallRow[]> {
  const keyOf = ({ callId, state }: MergedCall) => ({ us: state.firstUs, callId })
  const found = (await storedCalls({ fromUs })).filter(
    ({ call }) =>
      call.state.firstUs < toUs && matchesQuery(query, call, SEARCH_OPTIONS.storedHeaders),
  )
  return found
    .map(({ call, isWhole }) => ({ ...call, isWhole }))
    .sort((a, b) => compareKeys(keyOf(a), keyOf(b)))
    .map(callRowOf)
}

async function storedCalls({ fromUs = 0 }: { fromUs?: number | undefined }) {
  const rows = await database.sql.unsafe<(SegmentRow & { format: number; messages: Buffer })[]>(
    `select ${SUMMARY_COLUMNS}, s.format, s.messages from call_segments s`,
  )
  const groups = Map.groupBy(rows, ({ call_id, id, first_us }) =>
    listedId(call_id, { firstUs: Number(first_us), id: String(id) }),
  )
  return [...groups.values()].flatMap((group) => {
    const [seen, before] = [fromUs, fromUs - 86_400e6].map((us) =>
      group.filter((row) => Number(row.first_us) >= us),
    ) as [typeof group, typeof group]
    if (seen.length === 0) return []
    const payloads = () =>
      seen.flatMap((row) => decodeMessages(row.format, row.messages).map((m) => m.payload))
    const call = mergeSegments(seen, { payloads })
    return [{ call, isWhole: before.length === seen.length }]
  })
}
