// kill -9 of everything at random moments under load, again and again on one data directory; shards and
// with them lanes come and go. The rounds are those of test/faults/kill-rounds.ts, which throw when
// anything acknowledged or spooled is missing or twice.
import { killRounds } from '../test/faults/kill-rounds.ts'
import type { BenchOptions } from './options.ts'
import { progress, publish } from './report.ts'
import { count, table } from './table.ts'

export async function kills(options: BenchOptions): Promise<void> {
  const { rounds } = options
  const seed = options.isQuick ? 7 : Math.floor(Date.now() % 1e6)
  const beganMs = performance.now()
  const report = await killRounds({
    ...{ rounds, seed },
    onRound: (round, what) => progress(`${round + 1} of ${rounds}: killed ${what}`),
  })
  const rows = [
    ['killed', `${rounds} times in ${((performance.now() - beganMs) / 1_000).toFixed(0)} s`],
    ['of these while it was starting', report.killedStarting],
    ['of these together with the embedded database', report.killedDatabase],
    ['messages acknowledged (POST /hep)', count(report.acknowledged)],
    ['messages ever spooled', count(report.spooled)],
    ['messages in the database at the end, each once', count(report.stored)],
    ['ledger looked at while running; it always balanced', `${count(report.ledgerSamples)} times`],
    ['lost or stored twice', 0],
  ]
  const figures = {
    kills: { value: rounds, how: `0 of ${count(report.stored)} lost or twice; seed ${seed}` },
  }
  publish('kills', table(['what', 'measured'], rows), options, figures)
}
