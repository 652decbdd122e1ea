// Which rows a ladder has, where they stand, and the file it is saved as.
import { expect, test } from 'bun:test'
import { layOutLadder, ROW_HEIGHT, rowsInSight } from './ladder-layout.ts'
import { svgOf } from './ladder-picture.ts'
import { type LadderRow, ladderRows, microsBetween, spanOf } from './ladder-rows.ts'
import { callOf, type TestMessage } from './test-calls.ts'
import { namesOf } from './use-aliases.ts'
import { readView, toggled } from './view-state.ts'

const view = (query = {}) => readView(query)
const labels = (rows: readonly LadderRow[]) =>
  rows.map((row) => (row.kind === 'break' ? row.text : row.label))
const LOG = {
  ...{ kind: 'log' as const, title: '', text: 'picked gateway 3', streams: [], facts: [] },
}
const SCENE: readonly TestMessage[] = [
  { ms: 0, way: 'a>b', label: 'INVITE' },
  { ms: 500, way: 'a>b', label: 'INVITE', repeatOf: 0 },
  { ms: 600, way: 'b>a', label: '100 Trying', tapsMs: [0, 0.045] },
  { ms: 700, way: 'a>b', label: 'OPTIONS', cseq: '9 OPTIONS' },
  { ms: 9_000, way: 'b>a', label: '200 OK' },
  { ms: 9_100, way: 'b>b', label: 'log', protocol: 100, report: LOG },
  { ms: 9_200, way: 'a>b', label: 'ACK', cseq: '1 ACK' },
  { ms: 9_300, way: 'b>c', label: 'INVITE', callId: 'two' },
]

test('ladderRows draws a silence as a break and says beside arrows what there is to say', () => {
  const rows = ladderRows(callOf(SCENE), view())
  expect(labels(rows)).toEqual([
    ...['INVITE', 'INVITE ↻', '100 Trying', 'OPTIONS', '⋮ 8.3 s', '200 OK', 'log', 'ACK', 'INVITE'],
  ])
  const details = rows.flatMap((row) => (row.kind === 'arrow' && row.detail ? [row.detail] : []))
  expect(details).toEqual(['2 taps, +45 µs', 'picked gateway 3'])
})

test('ladderRows leaves out what is hidden, other methods, other legs and legs taken out', () => {
  const shown = (query: Record<string, string>) => labels(ladderRows(callOf(SCENE), view(query)))
  expect(shown({ hide: 'repeats,pings,other' })).toEqual([
    ...['INVITE', '100 Trying', '⋮ 8.4 s', '200 OK', 'ACK', 'INVITE'],
  ])
  expect(shown({ methods: 'OPTIONS' })).toEqual(['OPTIONS'])
  expect(shown({ methods: 'INVITE', leg: 'one' })).toEqual([
    ...['INVITE', 'INVITE ↻', '100 Trying', '⋮ 8.4 s', '200 OK', 'ACK'],
  ])
  expect(shown({ without: 'one' })).toEqual(['INVITE'])
})

test('ladderRows counts time from the start, from the last row shown, or by the clock', () => {
  const times = (time: string) =>
    ladderRows(callOf(SCENE), view({ time, hide: 'repeats' })).flatMap((row) =>
      row.kind === 'arrow' ? [row.time] : [],
    )
  expect(times('relative').slice(0, 3)).toEqual(['+0.000', '+0.600', '+0.700'])
  expect(times('step').slice(0, 3)).toEqual(['+0.000', '+0.600', '+0.100'])
  expect(times('clock')[1]).toEndWith('.600')
})

test('microsBetween sees what Date does not, and spanOf says it as people do', () => {
  expect(microsBetween('2026-11-21T08:00:00.999900Z', '2026-11-21T08:00:01.000050Z')).toBe(150)
  expect([0.045, 3.2, 812, 4_200, 200_000, 7_500_000].map(spanOf)).toEqual([
    ...['45 µs', '3.2 ms', '812 ms', '4.2 s', '3 min 20 s', '2 h 5 min'],
  ])
})

const columns = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ label: `10.0.0.${i}`, ip: `10.0.0.${i}` }))

test('layOutLadder spreads columns over the width, but never closer than they can be read', () => {
  for (const [count, width] of [
    [1, 700],
    [2, 700],
    [3, 320],
    [9, 700],
    [2, 0],
  ] as const) {
    const layout = layOutLadder(columns(count), [], width)
    const xs = layout.columns.map(({ x }) => x)
    expect(layout.width).toBeGreaterThanOrEqual(width)
    for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeGreaterThanOrEqual(98)
    expect(Math.max(...xs)).toBeLessThan(layout.width)
  }
})

test('layOutLadder cuts labels to their arrow; a log line is a dot, a message to oneself a loop', () => {
  const long = { ms: 0, way: 'a>b', label: '100 trying -- your call is important to us' }
  const own = { ms: 1, way: 'b>b', label: 'OPTIONS' }
  const call = callOf([long, own, { ...own, label: 'log', protocol: 100, raw: 'x' }])
  const laid = (width: number) =>
    layOutLadder(call.ladder.columns, ladderRows(call, view()), width).rows.flatMap((row) =>
      row.kind === 'arrow' ? [row] : [],
    )
  expect(laid(0)[0]?.label).toBe('100 trying…')
  expect(laid(900)[0]?.label).toBe(long.label)
  expect(laid(900).map(({ shape }) => shape)).toEqual(['arrow', 'loop', 'dot'])
})

test('layOutLadder fits three hosts on a phone, unless times by the clock need the room', () => {
  const call = callOf(SCENE)
  const widthOf = (time: string) =>
    layOutLadder(call.ladder.columns, ladderRows(call, view({ time })), 390).width
  expect(widthOf('relative')).toBeLessThanOrEqual(390)
  expect(widthOf('clock')).toBeGreaterThan(390)
})

test('rowsInSight draws few of thousands, and all of a short ladder', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => ({ ms: i, way: 'a>b', label: 'INFO' }))
  const call = callOf(many)
  const layout = layOutLadder(call.ladder.columns, ladderRows(call, view()), 800)
  const seen = rowsInSight(layout, 1_000 * ROW_HEIGHT, 1_020 * ROW_HEIGHT)
  expect(seen.length).toBeLessThan(80)
  expect(seen.some(({ y }) => y === 1_010 * ROW_HEIGHT)).toBeTrue()
  expect(rowsInSight({ ...layout, rows: layout.rows.slice(0, 90) }, 0, 10)).toHaveLength(90)
})

test('svgOf writes a file that stands alone, whatever the network put into labels', () => {
  const call = callOf([{ ms: 0, way: 'a>b', label: '486 <script>"&\u0007' }])
  const layout = layOutLadder(call.ladder.columns, ladderRows(call, view()), 1_200)
  const names = new Map([['a', 'Core & SBC']])
  const svg = svgOf({ layout, title: 'busy', subtitle: 'one', names })
  expect(svg).toStartWith('<svg xmlns="http://www.w3.org/2000/svg"')
  expect(svg).toContain('486 &lt;script&gt;&quot;&amp;\ufffd')
  expect(svg).toContain('Core &amp; SBC')
  expect(svg).not.toMatch(/class=|style=|<script|href|var\(/)
})

test('namesOf takes the nearest alias: port, address, then the narrowest network', () => {
  const label = (text: string) => ({ label: text, ip: text.replace(/:\d+$/, '') })
  const hosts = [label('10.0.0.1:5070'), label('10.0.0.1'), label('10.0.9.9'), label('10.1.1.1')]
  const alias = (address: string, name: string) => ({ address, name })
  const names = namesOf(
    [...hosts, { label: '2001:db8::7', ip: '2001:db8::7' }, label('192.0.2.1')],
    [
      ...[alias('10.0.0.0/8', 'ten'), alias('10.0.0.0/16', 'core'), alias('10.0.0.1', 'sbc')],
      ...[alias('10.0.0.1:5070', 'sbc-b'), alias('2001:db8::/32', 'six')],
    ],
  )
  expect([...names.values()]).toEqual(['sbc-b', 'sbc', 'core', 'ten', 'six'])
})

test('readView takes what makes sense from an address and nothing else', () => {
  const state = view({ message: '3', hide: 'repeats,nonsense', view: 'nowhere', with: 'a,,b' })
  expect(state).toMatchObject({ message: 3, hide: ['repeats'], view: 'ladder', with: ['a', 'b'] })
  expect(view({ message: '-1', diff: 'x' })).toMatchObject({ message: undefined, diff: undefined })
  expect(toggled(toggled(['a'], 'b'), 'a')).toEqual(['b'])
})
