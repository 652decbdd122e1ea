// How large batches are, and what one leaves behind, counted in objects of the engine's heap, with the
// collections as the writer has them: docs/decisions/0031.

import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { ByteWriter } from './byte-writer.ts'
import { Collector } from './collect.ts'
import { KpiCounter } from './kpi-counter.ts'
import { callFrames, type TestSpool, testSpool } from './test-spool.ts'

const DAY_MS = 86_400_000
const BATCHES = 8
const BATCH_BYTES = 4 * 2 ** 20
const LONG = [`X-Long: ${'x'.repeat(400)}`]

test('a batch is about as large as its limit, and gone with the quick collection after it', async () => {
  await using spool = await testSpool()
  const messages = fill(spool, BATCHES * BATCH_BYTES)
  const { counts, bytes } = await passAll(spool)
  expect(counts.length).toBeGreaterThanOrEqual(BATCHES - 1)
  // The last one is what was left.
  expect(Math.min(...bytes.slice(0, -1))).toBeGreaterThan(BATCH_BYTES * 0.85)
  expect(Math.max(...bytes)).toBeLessThan(BATCH_BYTES * 1.15)
  const grown = counts.slice(1).map((count, i) => count - counts[i]!)
  const aBatch = messages / counts.length
  // A batch makes three objects for every message; what is on its way to PostgreSQL may live through one.
  expect(grown.toSorted((a, b) => a - b)[grown.length >> 1]!).toBeLessThan(aBatch / 2)
  expect(counts.at(-1)! - counts[1]!).toBeLessThan(4 * aBatch)
}, 30_000)

/** Calls of callers who call once. Returns how many messages. */
function fill(spool: TestSpool, bytes: number): number {
  let messages = 0
  for (let written = 0, call = 0; written < bytes; call += 1) {
    const frames = callFrames(`call-${call}`, { from: `f${call}`, to: `t${call}`, headers: LONG })
    spool.append(frames)
    messages += frames.length
    for (const frame of frames) written += frame.length
  }
  return messages
}

async function passAll(spool: TestSpool) {
  const { signal } = new AbortController()
  const collector = new Collector(spool.directory, {
    rules: { behindMsMax: DAY_MS, aheadMsMax: DAY_MS },
    customHeaders: [],
    kpis: new KpiCounter(),
    batchBytes: BATCH_BYTES,
    batchWaitMs: 1_000,
  })
  collector.open('udp-0', { file: 0, offset: 0, records: 0 })
  collector.isDraining = true
  const out = [new ByteWriter(), new ByteWriter()]
  const counts: number[] = []
  const bytes: number[] = []
  for (;;) {
    const builder = await collector.collect(signal)
    if (builder === undefined) break
    counts.push(heapStats().objectCount)
    bytes.push(builder.bytes)
    await builder.build(out[counts.length % 2]!)
  }
  collector.close()
  return { counts, bytes }
}
