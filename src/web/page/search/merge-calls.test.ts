// Lists of calls as one.
import { describe, expect, test } from 'bun:test'
import type { CallRow } from '#contract'
import { mergeCalls } from './merge-calls.ts'

const call = (n: number, changes: Partial<CallRow> = {}): CallRow => ({
  ...{
    callId: `c${n}`,
    startedAt: `2026-11-20T08:00:0${n}.000000Z`,
    endedAt: '',
    from: 'a',
    to: 'b',
  },
  ...{ method: 'INVITE', status: null, outcome: 'trying', setupMs: null, durationMs: null },
  ...{ messageCount: 1, userAgent: '', srcIp: '', dstIp: '', protocol: 1 },
  ...changes,
})

describe('mergeCalls', () => {
  test('keeps each call once, newest first, in its newest picture', () => {
    const merged = mergeCalls([call(2), call(1)], [call(1, { outcome: 'completed' }), call(3)])
    expect(merged.map(({ callId }) => callId)).toEqual(['c3', 'c2', 'c1'])
    expect(merged[2]?.outcome).toBe('completed')
  })

  test('stays bounded, and forgets the oldest', () => {
    const many = Array.from({ length: 6000 }, (_, i) =>
      call(1, { callId: `${i}`, startedAt: new Date(i).toISOString() }),
    )
    const merged = mergeCalls(many.slice(0, 4000), many.slice(4000))
    expect([merged.length, merged[0]?.callId]).toEqual([5000, '5999'])
  })
})
