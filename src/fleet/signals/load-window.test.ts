import { expect, test } from 'bun:test'
import { LoadWindow, type Reading } from './load-window.ts'
import { skewOf } from './skew.ts'

const quiet = {
  ...{ received: 0, appended: 0, dropped: {}, stored: 0, spoolAgeSeconds: 0, pending: 0 },
  ...{ isDatabaseAway: false, cpuMs: 0, memoryBytes: 2 ** 28, threads: new Map<string, number>() },
  nodeRates: [],
}

/** A window of two cores and 1 GiB after so many seconds, each reading made from its second. */
function after(seconds: number, reading: (second: number) => Partial<Reading>): LoadWindow {
  const window = new LoadWindow({ cpuCores: 2, memoryBytes: 2 ** 30 })
  for (let second = 0; second <= seconds; second++)
    window.push({ ...quiet, atMs: second * 1000, ...reading(second) })
  return window
}

test('LoadWindow says packets a second over ten seconds and forgets the rest', () => {
  const { signals } = after(40, (second) => ({ received: second < 30 ? 0 : (second - 30) * 500 }))
  expect(signals.packetsPerSecond).toBe(500)
  expect(signals).toMatchObject({ memoryPercent: 25, usedPercent: 0, headroomPercent: 100 })
})

test('LoadWindow shows a drop for a minute, so that no scrape misses it', () => {
  const at = (seconds: number) =>
    after(seconds, (second) => ({ dropped: { kernel_buffer: second < 10 ? 0 : 120 } })).signals
  expect(at(9).dropsPerSecond).toBe(0)
  expect(at(60).dropsPerSecond).toBe(2)
  expect(at(75).dropsPerSecond).toBe(0)
})

test('LoadWindow takes the busiest thread for what is used, though the process looks idle', () => {
  const { signals } = after(40, (second) => ({
    cpuMs: second * 900,
    threads: new Map([
      ['udp-0', second * 850],
      ['writer', second * 50],
    ]),
  }))
  expect(signals.cpuPercent).toBeCloseTo(45)
  expect(signals.usedPercent).toBeCloseTo(85)
  expect(signals.threads.get('writer')).toBeCloseTo(5)
})

test('LoadWindow has no headroom while the spool gets older, by what arrives per what is stored', () => {
  const ageing = (second: number) => ({ appended: second * 150, stored: second * 100 })
  const late = after(40, (second) => ({ ...ageing(second), spoolAgeSeconds: second }))
  expect(late.signals.usedPercent).toBeCloseTo(150)
  expect(late.signals.headroomPercent).toBeCloseTo(-50)
  const fresh = after(40, (second) => ({ ...ageing(second), spoolAgeSeconds: 2 }))
  expect(fresh.signals.usedPercent).toBe(0)
})

test('LoadWindow is behind for want of nodes only when nodes would help', () => {
  const writer = (percent: number) => (second: number) => ({
    ...{ spoolAgeSeconds: 20, cpuMs: second * 10 * percent },
    threads: new Map([['writer', second * 10 * percent]]),
  })
  expect(after(40, writer(90)).signals.behindSeconds).toBe(20)
  // It waits for the database, and there is CPU to spare.
  expect(after(40, writer(20)).signals.behindSeconds).toBe(0)
  // It waits for its turn: the container has no more CPU to give.
  const starved = (second: number) => ({ ...writer(20)(second), cpuMs: second * 1900 })
  expect(after(40, starved).signals.behindSeconds).toBe(20)
  const away = (second: number) => ({ ...writer(90)(second), isDatabaseAway: true })
  expect(after(40, away).signals).toMatchObject({ behindSeconds: 0, spoolAgeSeconds: 20 })
})

test('LoadWindow silences what nodes would not mend, and nothing else, while it is merely hot', () => {
  const busy = (nodeRates: readonly number[]) => (second: number) => ({
    ...{ received: second * 1200, appended: second * 1200, stored: second * 700, nodeRates },
    ...{ spoolAgeSeconds: 20, dropped: { spool_full: second * 6 } },
  })
  const hot = after(60, busy([1200, 0, 0]))
  expect(hot.signals).toMatchObject({ behindSeconds: 0, shortDropsPerSecond: 0 })
  expect(hot.signals).toMatchObject({ spoolAgeSeconds: 20, dropsPerSecond: 6 })
  for (const rates of [[1200, 900, 0], [1200], []])
    expect(after(60, busy(rates)).signals).toMatchObject({
      ...{ behindSeconds: 20, shortDropsPerSecond: 6 },
    })
})

test('LoadWindow.droppedSince counts by reason since the last report', () => {
  const window = after(20, (second) => ({ dropped: { spool_full: second, disk_error: 3 } }))
  expect(window.droppedSince(15_000)).toEqual({ spool_full: 5, disk_error: 0 })
})

test('LoadWindow does not count a thread that was started again below nothing', () => {
  const { signals } = after(40, (second) => ({
    threads: new Map([['writer', second < 35 ? second * 900 : 10]]),
  }))
  expect(signals.threads.get('writer')).toBe(0)
})

test('skewOf is the busiest over the mean, and 1 while nobody is busy', () => {
  expect(skewOf([400, 400, 400, 400])).toBe(1)
  expect(skewOf([1600, 0, 0, 0])).toBe(4)
  expect(skewOf([90, 0])).toBe(1)
  expect(skewOf([9000])).toBe(1)
  expect(skewOf([])).toBe(1)
})
