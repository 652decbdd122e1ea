import { expect, test } from 'bun:test'
import { killRounds } from './kill-rounds.ts'

test('kill -9 at random points under load loses nothing acknowledged or spooled, stores nothing twice', async () => {
  const report = await killRounds({ rounds: 9, seed: 7 })
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report.stored).toBeGreaterThan(report.acknowledged)
  expect(report.ledgerSamples).toBeGreaterThan(20)
}, 120_000)
