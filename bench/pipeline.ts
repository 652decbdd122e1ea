// End to end: sender process, the real `calliope capture`, PostgreSQL; all on this machine. The rate
// rises until a message is missing from the database, then halves towards the limit (ramp.ts). With
// --peer another server takes turns on the same traffic and the same PostgreSQL (peer.ts).
import { type BenchServer, startServer } from './database.ts'
import type { BenchOptions } from './options.ts'
import { peerStep } from './peer.ts'
import { captureStep } from './pipeline-step.ts'
import { Ramp } from './ramp.ts'
import { publish } from './report.ts'
import { KEPT_UP_MS, type Step } from './step.ts'
import { count, type Row, table } from './table.ts'
import type { Figure } from './targets.ts'

const RATES = '50,100,150,200,250,300,400'.split(',').map((k) => Number(k) * 1_000)
const HEAD = [
  ...['server', 'rate', 'sent', 'lost', 'all stored after', 'visible p50 / p99 ms'],
  ...['CPU µs/msg by thread', 'PostgreSQL µs/msg', 'sender µs/msg', 'whole machine µs/msg'],
  ...['peak resident', 'bytes/msg in the database'],
]

type RunStep = (server: BenchServer, rate: number, options: BenchOptions) => Promise<Step>

export async function pipeline(options: BenchOptions): Promise<void> {
  await using server = await startServer(options)
  const { closeness, again } = options
  const ours = new Side(captureStep, new Ramp({ rates: options.rates ?? RATES, closeness, again }))
  const peerRates = options.peer === undefined ? [] : options.peerRates
  const theirs = new Side(peerStep, new Ramp({ rates: peerRates, closeness, again }))
  // In turns, so that whatever else happens on the machine happens to both.
  while (!(ours.isOver && theirs.isOver)) {
    await ours.climb(server, options)
    await theirs.climb(server, options)
  }
  const body = [
    conditions(options, server),
    `\n**Highest rate with none lost${options.mustKeepUp ? ' and all stored as fast as it came' : ''}: ${ours.ramp.text}**${ratioText(ours.ramp, theirs.ramp)}`,
    `\nOf the steps tried, the highest that was stored as fast as it came (all within ${KEPT_UP_MS / 1_000} s of the last message): ${ours.keptUp > 0 ? `${count(ours.keptUp)}/s` : 'none'}. Above it the spool takes what the store cannot yet.`,
    `\n${table(HEAD, [...ours.rows, ...theirs.rows])}`,
  ]
  publish(partName(options), body.join('\n'), options, figuresOf(ours, theirs, options))
}

class Side {
  readonly rows: Row[] = []
  readonly ramp: Ramp
  /** Of the highest step with none lost. */
  best: Step | undefined
  /** The highest that was stored as fast as it came. */
  keptUp = 0
  readonly #run: RunStep

  constructor(run: RunStep, ramp: Ramp) {
    this.#run = run
    this.ramp = ramp
  }

  get isOver(): boolean {
    return this.ramp.rate === undefined
  }

  async climb(server: BenchServer, options: BenchOptions): Promise<void> {
    const { rate } = this.ramp
    if (rate === undefined) return
    const step = await this.#run(server, rate, options)
    this.rows.push(step.row)
    this.ramp.note(step.outcome, step.reachedRate)
    if (step.outcome === 'lost') return
    this.best = step
    if (step.hasKeptUp) this.keptUp = Math.max(this.keptUp, Math.min(rate, step.reachedRate))
  }
}

const conditions = (
  { traffic, seconds, shards, flags, offload }: BenchOptions,
  server: BenchServer,
) =>
  `Traffic: seven-message calls, ${traffic}, ${offload ? 'offloading sender' : 'one datagram a message'}; ${seconds} s a step; ` +
  `${server.version}, embedded, synchronous commits; ${shards} shard(s)${flags.length > 0 ? `, ${flags.join(' ')}` : ''}.`

function ratioText(ours: Ramp, theirs: Ramp): string {
  if (theirs.best === 0) return '.'
  return `; the peer's: ${theirs.text}: **${(ours.best / theirs.best).toFixed(1)} ×**, and ${count(ours.best)} against its first rate with loss, ${count(theirs.firstLost ?? 0)}/s.`
}

const partName = ({ traffic, peer, peerName, offload, mustKeepUp }: BenchOptions): string =>
  `pipeline, ${traffic} calls${offload ? ', offloading sender' : ''}${mustKeepUp ? ', kept up with' : ''}${peer ? `, beside ${peerName}` : ''}`

function figuresOf(
  ours: Side,
  theirs: Side,
  { traffic, offload, seconds, peer, peerName, mustKeepUp }: BenchOptions,
) {
  const how = `${seconds} s a step`
  const key = `pipeline.${traffic}${offload ? '.offload' : ''}`
  const figures: Record<string, Figure> = {}
  // Steps beside a peer are short: of ours, only how they compare says something.
  if (peer) {
    if (theirs.ramp.best > 0)
      figures['pipeline.ratio'] = {
        value: ours.ramp.best / theirs.ramp.best,
        how: `${count(ours.ramp.best)} to ${count(theirs.ramp.best)}/s; ${peerName}`,
      }
    return figures
  }
  // Which rate is kept up with only a ramp that looks for it can say: others begin above it.
  figures[mustKeepUp ? `${key}.keptup` : key] = { value: Math.floor(ours.ramp.best), how }
  // An offloading sender sorts datagrams by length: neighbours in time are no longer neighbours in a block.
  if (ours.best && !offload)
    figures[`bytes.${traffic}`] = {
      value: Math.round(ours.best.bytesPerMessage),
      how: `at ${count(ours.ramp.best)}/s`,
    }
  return figures
}
