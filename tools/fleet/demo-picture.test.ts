import { expect, test } from 'bun:test'
import { CaptureProcess, sumOf } from './capture-process.ts'
import { drawPicture } from './demo-picture.ts'
import { demoShape, rateAt } from './load-shape.ts'
import { distanceOf, distanceText } from './prediction.ts'
import type { RunView, Tick } from './run-view.ts'

const tick = (seconds: number, ready: number, offered = 0): Tick => ({
  ...{ seconds, ready, offered, sent: 0, paid: ready, wanted: ready },
  ...{ spoolAgeSeconds: 0.25, busiest: 0 },
})

function view(): RunView {
  const node = new CaptureProcess({
    id: 'capture-1',
    directory: '',
    databaseUrl: '',
    drainWaitMs: 0,
  })
  node.stage = 'ready'
  node.reading = { ...node.reading, packetsPerSecond: 1_250, received: 5_000, cpuCores: 0.125 }
  const none = { total: 0, byReason: {} }
  return {
    ...{ seconds: 12, url: 'http://127.0.0.1:1', nodes: [node], phase: 'running', sent: 5_010 },
    ticks: Array.from({ length: 100 }, (_, i) => tick(i / 4, 1, i * 10)),
    happenings: [{ seconds: 3, kind: 'scaled', text: '1 → 2 nodes: busy' }],
    balancer: {
      ...{ received: 5_010, flows: 3, dropped: { kernel_buffer: 0, no_target: 0, send_failed: 0 } },
      targets: [
        { id: 'capture-1', zone: 'a', state: 'healthy', flows: 3, connections: 0, packets: 5_010 },
      ],
    },
    ledger: {
      ...{ received: 5_000, stored: 4_900, pending: 100, rejected: none, dropped: none },
      balanced: true,
    },
  }
}

test('drawPicture shows load, nodes and ledger in lines that fit a terminal', () => {
  const options = { seconds: 90, timesFaster: 60, packetsPerNode: 2_500 }
  const lines = drawPicture(view(), { ...options, isColoured: false })
  const text = lines.join('\n')
  expect(text).toContain('0:12 of 1:30')
  expect(text).toContain('http://127.0.0.1:1/fleet')
  expect(text).toMatch(/load +▁.*█ +990 packets\/s/)
  expect(text).toMatch(/capture-1 +ready +1,250 +██████ +13 % +0\.0 s +3 +5,000 +0/)
  expect(text).toContain('5,010 sent = 4,900 stored + 0 dropped + 110 on their way')
  expect(text).toMatch(/0:03 +1 → 2 nodes: busy/)
  expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(110)
  // Colours change nothing but colours.
  const coloured = drawPicture(view(), { ...options, isColoured: true }).join('\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(text)
})

test('rateAt follows the line of demoShape, and holds at both ends', () => {
  const shape = demoShape(100, 500, 9_500)
  expect([-1, 0, 8, 25, 42, 50, 62, 66, 500].map((at) => Math.round(rateAt(shape, at)))).toEqual([
    500, 500, 500, 5_000, 9_500, 9_500, 5_000, 500, 500,
  ])
})

test('distanceOf says how far prediction and run were apart', () => {
  const ready: [number, number][] = [
    [0, 1],
    [10, 2],
  ]
  const ticks = [tick(5, 1), tick(10, 1), tick(15, 2), tick(20, 3)]
  const distance = distanceOf({ ready }, ticks)
  expect(distance).toEqual({ nodesMean: 0.5, nodesMax: 1, secondsApart: 10 })
  expect(distanceText(distance)).toContain('0.50 nodes off on average, 1.0 at most')
})

test('sumOf adds a metric over its labels, and takes no other that begins alike', () => {
  const text = `# HELP x y\nx_total{reason="a"} 3\nx_total{reason="b"} 4.5\nx_total_other 100\nx 1\n`
  expect([sumOf(text, 'x_total'), sumOf(text, 'x'), sumOf(text, 'none')]).toEqual([7.5, 1, 0])
})
