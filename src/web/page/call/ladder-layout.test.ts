// Where arrows and columns go.
import { describe, expect, test } from 'bun:test'
import type { LadderArrow } from '#contract'
import { COLUMN_GAP_MIN, layOutLadder } from './ladder-layout.ts'

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
