// End to end: sender process, the real `calliope capture`, PostgreSQL; all on this machine. The rate
// rises until a message is missing from the database. With --peer another server takes turns on the
// same traffic and the same PostgreSQL (peer.ts).
import { connect } from '#store'
import { temporaryDirectory } from '../test/program.ts'
import { type Capture, send, startCapture, watchCpu, watchMemory } from './capture.ts'
import { type BenchServer, startServer, tableBytes } from './database.ts'
import type { BenchOptions } from './options.ts'
import { peerStep } from './peer.ts'
import { type Probes, startProbes } from './probes.ts'
import { count, mb, progress, publish, quantile, type Row, table } from './report.ts'

const DRAIN_MS_MAX = 300_000
const HEAD = [
  ...['server', 'rate', 'sent', 'lost', 'all stored after', 'visible p50 / p99 ms'],
  ...['CPU µs/msg by thread', 'PostgreSQL µs/msg', 'peak resident', 'bytes/msg in the database'],
]

/** One step's row, and whether the ramp goes on. */
export interface Step {
  readonly row: Row
  readonly lost: number
}

export async function pipeline(options: BenchOptions): Promise<void> {
  await using server = await startServer()
  const ours = { rows: [] as Row[], best: 0, isOver: false }
  const theirs = { rows: [] as Row[], best: 0, isOver: options.peer === undefined }
  const turns = Math.max(options.rates.length, options.peerRates.length)
  for (let turn = 0; turn < turns && !(ours.isOver && theirs.isOver); turn++) {
    await climb(ours, options.rates[turn], options.again, (rate) => step(server, rate, options))
    await climb(theirs, options.peerRates[turn], options.again, (rate) =>
      peerStep(server, rate, options),
    )
  }
  const ratio =
    theirs.best > 0
      ? ` = ${(ours.best / theirs.best).toFixed(1)} × the peer's ${count(theirs.best)}/s`
      : ''
  const body = [
    `Traffic: seven-message calls, ${options.traffic}; ${options.seconds} s a step; ${server.version}, embedded, synchronous commits; ${options.shards} shard(s)${options.flags.length > 0 ? `, ${options.flags.join(' ')}` : ''}.`,
    `\n**Highest rate with none lost: ${count(ours.best)}/s**${ratio}.`,
    `\n${table(HEAD, [...ours.rows, ...theirs.rows])}`,
  ]
  publish(partName(options), body.join('\n'), options)
}

const partName = ({ traffic, peer, peerName }: BenchOptions): string =>
  `pipeline, ${traffic} calls${peer ? `, beside ${peerName}` : ''}`

interface Climb {
  readonly rows: Row[]
  best: number
  isOver: boolean
}

/** One step up; a step that lost something may be tried again, for the machine is not ours alone. */
async function climb(
  side: Climb,
  rate: number | undefined,
  again: number,
  run: (rate: number) => Promise<Step>,
): Promise<void> {
  if (rate === undefined) side.isOver = true
  for (let tries = 0; rate !== undefined && !side.isOver && tries <= again; tries++) {
    const { row, lost } = await run(rate)
    side.rows.push(row)
    if (lost === 0) {
      side.best = rate
      return
    }
    side.isOver = tries === again
  }
}

async function step(server: BenchServer, rate: number, options: BenchOptions): Promise<Step> {
  const database = await server.create('calliope_bench')
  using directory = temporaryDirectory('calliope-bench-')
  try {
    await using capture = await startCapture({
      directory: directory.path,
      database,
      flags: ['--shards', String(options.shards), '--spool-bytes-max', '20GB', ...options.flags],
    })
    return await measure(server, capture, database, rate, options)
  } finally {
    await server.drop('calliope_bench')
  }
}

async function measure(
  server: BenchServer,
  capture: Capture,
  database: string,
  rate: number,
  { seconds, traffic }: BenchOptions,
): Promise<Step> {
  const { port } = capture.program.udp
  const databaseCpuBefore = server.cpuUs()
  const probes = await startProbes(port, database)
  const job = { transport: 'udp' as const, port, rate, seconds, senders: 1, traffic }
  const cpu = await watchCpu(capture.pid, async () => {
    const { result, samples } = await watchMemory(capture.pid, sendAndDrain(capture, probes, job))
    return { ...result, peakBytes: Math.max(...samples) }
  })
  const { sent, drainedMs, peakBytes } = cpu.result
  const databaseUs = (server.cpuUs() - databaseCpuBefore) / sent
  const probed = await probes.finish()
  const stored = await storedIn(database)
  const lost = sent + probed.sent - stored.messages
  const waits = [0.5, 0.99].map((p) => quantile(probed.waitsMs, p).toFixed(0))
  progress(`calliope ${count(rate)}/s: ${count(lost)} of ${count(sent)} lost, ${waits} ms`)
  return {
    lost,
    row: [
      ...['calliope', `${count(rate)}/s`, count(sent), count(lost)],
      `${(drainedMs / 1_000).toFixed(1)} s`,
      waits.join(' / '),
      cpu.perMessage(sent),
      databaseUs.toFixed(2),
      mb(peakBytes),
      (stored.bytes / stored.messages).toFixed(0),
    ],
  }
}

async function sendAndDrain(capture: Capture, probes: Probes, job: Parameters<typeof send>[0]) {
  const { sent } = await send(job)
  probes.pause()
  const endedAt = performance.now()
  await drained(capture)
  return { sent, drainedMs: performance.now() - endedAt }
}

/** Waits until everything that was received is stored. */
async function drained(capture: Capture): Promise<void> {
  const deadline = performance.now() + DRAIN_MS_MAX
  let pending = 1
  while (pending > 0 && performance.now() < deadline) {
    await Bun.sleep(100)
    ;({ pending } = await capture.counts())
  }
}

async function storedIn(database: string): Promise<{ messages: number; bytes: number }> {
  const sql = connect({ url: database, max: 1 })
  try {
    const [row] =
      await sql`select coalesce(sum(message_count), 0)::float8 as messages from call_segments`
    return { messages: row.messages, bytes: await tableBytes(sql) }
  } finally {
    await sql.close({ timeout: 0 })
  }
}
