import { expect, test } from 'bun:test'
import { AgentKeys } from './agent-keys.ts'
import { SourceTable } from './source-table.ts'

test('SourceTable forgets made-up sources but not one that goes on sending', () => {
  const table = new SourceTable(undefined, new AgentKeys([]), 1)
  const steady = table.of('192.0.2.1', 0)
  expect(steady.takeToken(1, 0)).toBe(true)
  for (let i = 0; i < 100_000; i++) {
    table.of(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0)
    if (i % 100 === 0) table.of('192.0.2.1', 0)
  }
  expect(table.size).toBeLessThanOrEqual(16_384)
  expect(table.of('192.0.2.1', 0)).toBe(steady)
})

test('Source gives out one second of tokens and refills them evenly', () => {
  const source = new SourceTable(undefined, new AgentKeys([]), 4).of('192.0.2.1', 0)
  const take = (nowMs: number) => source.takeToken(4, nowMs)
  expect([take(0), take(0), take(0), take(0), take(0)]).toEqual([true, true, true, true, false])
  expect([take(249), take(250), take(250)]).toEqual([false, true, false])
  expect([take(100), take(9_000), take(9_000)]).toEqual([false, true, true]) // clocks may step back
})
