// Lists of calls as one.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { CallRow } from '#contract'
import { mergeCalls, newestFirst } from './merge-calls.ts'

const call = (n: number, changes: Partial<CallRow> = {}): CallRow => ({
  ...{
    callId: `c${n}`,
    startedAt: `2026-11-20T08:00:0${n}.000000Z`,
    endedAt: '',
    from: 'a',
    to: 'b',
  },
  ...{
    method: 'INVITE',
    status: null,
    outcome: 'trying',
    setupMs: null,
    durationMs: null,
    mos: null,
  },
  ...{ messageCount: 1, userAgent: '', srcIp: '', dstIp: '', protocol: 1 },
  ...changes,
})

describe('mergeCalls', () => {
  test('keeps each call once, newest first, in its newest picture', () => {
    const merged = mergeCalls([call(2), call(1)], [call(1, { outcome: 'completed' }), call(3)])
    expect(merged.map(({ callId }) => callId)).toEqual(['c3', 'c2', 'c1'])
    expect(merged[2]?.outcome).toBe('completed')
  })

  test('agrees with sorting, wherever the newer ones belong', () => {
    const rows = fc.uniqueArray(fc.nat(60), { maxLength: 30 })
    fc.assert(
      fc.property(rows, rows, (older, newer) => {
        const of = (n: number) =>
          call(n, { startedAt: new Date(Math.floor(n / 2)).toISOString(), callId: `c${n}` })
        const sorted = older.map(of).sort(newestFirst)
        const expected = [...new Set([...older, ...newer])].map(of).sort(newestFirst)
        expect(mergeCalls(sorted, newer.map(of))).toEqual(expected)
      }),
    )
  })

  test('joins what is newer to a long list without looking at all of it twice', () => {
    const long = Array.from({ length: 100_000 }, (_, i) =>
      call(1, { callId: `${i}`, startedAt: new Date(1e12 - i).toISOString() }),
    )
    const next = call(1, { callId: 'new', startedAt: new Date(2e12).toISOString() })
    const merged = mergeCalls(long, [next])
    expect([merged.length, merged[0], merged[1]]).toEqual([100_001, next, long[0]!])
  })
})
