// kill -9 of everything, at random points, under load, again and again on one data directory.
//
//   round   start ─▶ HTTP, TCP and UDP senders ─▶ SIGKILL at a random moment ─▶ read the spool
//                                                  a quarter: together with the embedded database
//   or      start ─▶ SIGKILL before it is ready                  (one round in five)
//   end     start ─▶ everything acknowledged and everything spooled is in the database, once
//
// One seed, one sequence of moments. By hand, with as many rounds as you like:
//   node_modules/.bin/bun test/faults/kill-rounds.ts 100 [SEED]
import { expect } from 'bun:test'
import { join } from 'node:path'
import { buildTrafficRing, sendTraffic } from '#fleet'
import { Random } from '../../src/fleet/traffic/random.ts'
import { type Program, startProgram, temporaryDirectory } from '../program.ts'
import { connectEmbedded, embeddedProcesses } from './databases.ts'
import { watchLedger } from './ledger-watch.ts'
import { keepPosting } from './numbered-frames.ts'
import { signalAll } from './processes.ts'
import { spawnProgram } from './spawn-program.ts'
import { expectNothingLost, readSpooled } from './truth.ts'

const LOAD_MS_MAX = 1_800
const STARTING_MS_MAX = 1_500
const TCP_PER_SECOND = 2_000
const UDP_PER_SECOND = 3_000

export interface KillReport {
  readonly rounds: number
  readonly killedStarting: number
  readonly killedDatabase: number
  readonly acknowledged: number
  readonly spooled: number
  readonly stored: number
  readonly ledgerSamples: number
}

/** Kills `rounds` times and checks after the last; throws when anything is lost or doubled. */
export async function killRounds({
  rounds,
  seed,
  onRound = () => {},
}: {
  rounds: number
  seed: number
  onRound?: (round: number, what: string) => void
}): Promise<KillReport> {
  using data = temporaryDirectory('calliope-kill-')
  const kills = new Kills(data.path, seed)
  for (let round = 0; round < rounds; round++) onRound(round, await kills.round(round))
  const program = await startProgram(['--data-dir', data.path])
  const sql = connectEmbedded(data.path)
  try {
    const { framesEver } = kills.spooled()
    const { ledger } = await expectNothingLost(program, sql, { promised: kills.promised })
    expect(ledger.stored, 'all that was ever spooled').toBe(framesEver)
    expect(ledger.received).toBe(framesEver)
    return { ...kills.report, rounds, spooled: framesEver, stored: ledger.stored }
  } finally {
    await sql.close({ timeout: 0 })
    expect(await program.stop()).toBe(0)
  }
}

class Kills {
  readonly promised = new Set<string>()
  readonly #data: string
  readonly #seed: number
  readonly #random: Random
  #killedStarting = 0
  #killedDatabase = 0
  #acknowledged = 0
  #ledgerSamples = 0

  constructor(data: string, seed: number) {
    this.#data = data
    this.#seed = seed
    this.#random = new Random(seed)
  }

  get report() {
    return {
      killedStarting: this.#killedStarting,
      killedDatabase: this.#killedDatabase,
      acknowledged: this.#acknowledged,
      ledgerSamples: this.#ledgerSamples,
    }
  }

  spooled() {
    return readSpooled(join(this.#data, 'spool'))
  }

  /** One life, and what ended it. */
  async round(round: number): Promise<string> {
    if (round > 0 && this.#random.integer(1, 5) === 1) return this.#killStarting()
    const shards = String(this.#random.integer(1, 3)) // lanes come and go
    const program = await startProgram(['--data-dir', this.#data, '--shards', shards])
    const watch = watchLedger(program.url)
    const killing = new AbortController()
    const load = this.#load(program, round, killing.signal)
    const afterMs = this.#random.integer(30, LOAD_MS_MAX)
    await Bun.sleep(afterMs)
    const withDatabase = this.#random.integer(1, 4) === 1
    if (withDatabase) signalAll(embeddedProcesses(this.#data), 'SIGKILL')
    await program.kill()
    killing.abort()
    await load
    const { samples, faults } = await watch.stop()
    expect(faults).toEqual([])
    this.#ledgerSamples += samples
    if (withDatabase) this.#killedDatabase++
    for (const identity of this.spooled().identities) this.promised.add(identity)
    return `after ${afterMs} ms of load${withDatabase ? ', with its database' : ''}`
  }

  async #killStarting(): Promise<string> {
    const afterMs = this.#random.integer(20, STARTING_MS_MAX)
    const starting = spawnProgram(['up', '--data-dir', this.#data])
    await Bun.sleep(afterMs)
    starting.process.kill('SIGKILL')
    await starting.process.exited
    this.#killedStarting++
    return `${afterMs} ms after its start`
  }

  async #load(program: Program, round: number, signal: AbortSignal): Promise<void> {
    const source = (seed: number) =>
      buildTrafficRing({ seed: this.#seed * 1_000 + seed, starts: 300, mix: 'mixed' })
    const [posted] = await Promise.all([
      keepPosting(program.url, { series: `kill-${round}`, signal }),
      sendTraffic({
        ...{ source: source(1), to: program.tcp, transport: 'tcp', signal },
        ratePerSecond: TCP_PER_SECOND,
      }),
      sendTraffic({
        ...{ source: source(2), to: program.udp, transport: 'udp', senders: 6, signal },
        ratePerSecond: UDP_PER_SECOND,
      }),
    ])
    this.#acknowledged += posted.acknowledged.length
    for (const identity of posted.acknowledged) this.promised.add(identity)
  }
}

if (import.meta.main) {
  const [rounds = '100', seed = String(Date.now() % 1e6)] = process.argv.slice(2)
  console.log(`${rounds} rounds, seed ${seed}`)
  const report = await killRounds({
    rounds: Number(rounds),
    seed: Number(seed),
    onRound: (round, what) => console.log(`${round + 1}: killed ${what}`),
  })
  console.log(JSON.stringify(report))
}
