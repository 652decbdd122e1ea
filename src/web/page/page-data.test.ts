// The parts of the page that need no browser.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { CallRow, LadderArrow } from '#contract'
import { apiPath, callPath } from './fetch-json.ts'
import { microsOf, showCount, showDay, showSpan, visible } from './format.ts'
import { COLUMN_GAP_MIN, layOutLadder } from './ladder-layout.ts'
import { mergeCalls } from './merge-calls.ts'
import { readUrl, type UrlState, writeUrl } from './url-state.ts'

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

describe('readUrl and writeUrl', () => {
  const text = fc.string({ unit: 'grapheme' })
  const state: fc.Arbitrary<UrlState> = fc
    .record({
      q: text,
      from: text,
      to: text,
      call: fc.option(text, { nil: undefined }),
      message: fc.option(fc.nat(999_999), { nil: undefined }),
      live: fc.boolean(),
    })
    .map((state) => (state.call === undefined ? { ...state, message: undefined } : state))

  test('an address says the state and nothing is lost', () =>
    fc.assert(
      fc.property(state, (state) => {
        expect(readUrl(new URL(writeUrl(state), 'http://x').search)).toEqual(state)
      }),
    ))

  test('an empty state is an empty address, and nonsense an empty state', () => {
    expect(writeUrl(readUrl(''))).toBe('/')
    expect(writeUrl(readUrl('?message=-1&live=yes&what=1'))).toBe('/')
  })
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

describe('layOutLadder', () => {
  const arrow = (changes: Partial<LadderArrow> = {}): LadderArrow => ({
    ...{ message: 0, from: 0, to: 1, label: 'INVITE', atMs: 0, repeatOf: null, kind: 'request' },
    ...{ sdp: null, ...changes },
  })
  const columns = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ label: `10.0.0.${i}`, ip: `10.0.0.${i}` }))

  test('spreads columns over the width, but never closer than they can be read', () => {
    for (const [count, width] of [
      [1, 700],
      [2, 700],
      [3, 320],
      [9, 700],
      [2, 0],
    ] as const) {
      const layout = layOutLadder({ columns: columns(count), arrows: [] }, width)
      const xs = layout.columns.map(({ x }) => x)
      expect(layout.width).toBeGreaterThanOrEqual(width)
      for (let i = 1; i < xs.length; i++)
        expect(xs[i]! - xs[i - 1]!).toBeGreaterThanOrEqual(COLUMN_GAP_MIN)
      expect(Math.max(...xs)).toBeLessThan(layout.width)
    }
  })

  test('cuts labels to their arrow and shows as much of the SDP as is left', () => {
    const long = arrow({ label: '100 trying -- your call is important to us' })
    const sdp = arrow({ sdp: 'audio 10.0.0.1:4000 PCMA/8000' })
    const narrow = layOutLadder({ columns: columns(2), arrows: [long, sdp] }, 0).arrows
    expect([narrow[0]!.label, narrow[0]!.detail]).toEqual(['100 trying -…', ''])
    expect([narrow[1]!.label, narrow[1]!.detail]).toEqual(['INVITE', 'audio…'])
    const wide = layOutLadder({ columns: columns(2), arrows: [long, sdp] }, 900).arrows
    expect([wide[0]!.label, wide[1]!.detail]).toEqual([long.label, sdp.sdp!])
  })

  test('an arrow from a column to itself is a loop, and one with no columns is drawn all the same', () => {
    expect(
      layOutLadder({ columns: columns(1), arrows: [arrow({ to: 0 })] }, 0).arrows[0]?.loop,
    ).toBe(true)
    expect(layOutLadder({ columns: [], arrows: [] }, 300).arrows).toEqual([])
  })
})

test('showSpan, showCount, showDay and microsOf read as people write', () => {
  expect([null, 0.4, 812, 4210, 70_000, 7_384_000].map(showSpan)).toEqual([
    ...['', '0 ms', '812 ms', '4.2 s', '1:10', '2:03:04'],
  ])
  expect(showCount(1_234_567)).toBe('1\u2009234\u2009567')
  expect(microsOf('2026-11-20T08:00:00.123456Z')).toBe('123456')
  const now = new Date('2026-11-20T12:00:00')
  expect(showDay(now.toISOString(), now)).toBe('')
  expect(showDay('2026-11-10T12:00:00Z', now)).toContain('10')
})

test('visible shows control characters and leaves other text alone', () => {
  expect(visible('a\r\nb\u001b[31m\u0000\tä')).toBe('a\nb␛[31m␀\tä')
})

test('callPath takes any Call-ID, and apiPath leaves out what is empty', () => {
  expect(callPath('a/b@c?#%')).toBe('calls/a%2Fb%40c%3F%23%25')
  expect(callPath('\ud800')).toBe('calls/%EF%BF%BD')
  expect(apiPath('calls', { q: 'a b', from: '' })).toBe('/api/v1/calls?q=a+b')
  expect(apiPath('calls', { q: '' })).toBe('/api/v1/calls')
})
