// One step of the pipeline: a fresh database, a fresh `calliope capture`, one rate, and what it cost.
import { connect } from '#store'
import { temporaryDirectory } from '../test/program.ts'
import {
  type Capture,
  isTooSlow,
  reachedRate,
  send,
  senderCpuText,
  startCapture,
  watchCpu,
  watchMemory,
} from './capture.ts'
import { type BenchServer, tableBytes } from './database.ts'
import type { BenchOptions } from './options.ts'
import { type Probes, startProbes } from './probes.ts'
import { cpuText, totalUs } from './proc.ts'
import { progress } from './report.ts'
import type { SendJob } from './sender.ts'
import { KEPT_UP_MS, rateText, type Step } from './step.ts'
import { count, mb, quantile } from './table.ts'

const DRAIN_MS_MAX = 300_000

export async function captureStep(
  server: BenchServer,
  rate: number,
  options: BenchOptions,
): Promise<Step> {
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
  { seconds, traffic, offload, mustKeepUp }: BenchOptions,
): Promise<Step> {
  const { port } = capture.program.udp
  const databaseCpuBefore = server.cpuUs()
  const probes = await startProbes(port, database)
  const job = { transport: 'udp' as const, port, rate, seconds, senders: 1, traffic, offload }
  progress(`calliope ${count(rate)}/s for ${seconds} s`)
  const cpu = await watchCpu(capture.pid, async () => {
    const { result, peakBytes } = await watchMemory(capture.pid, sendAndDrain(capture, probes, job))
    return { ...result, peakBytes }
  })
  const { sent, drainedMs, peakBytes } = cpu.result
  const databaseUs = (server.cpuUs() - databaseCpuBefore) / sent.sent
  const probed = await probes.finish()
  const stored = await storedIn(database)
  // What is missing, and what is there twice: neither may be.
  const lost = Math.abs(sent.sent + probed.sent - stored.messages)
  const waits = [0.5, 0.99].map((p) => quantile(probed.waitsMs, p).toFixed(0)).join(' / ')
  const hasKeptUp = drainedMs <= KEPT_UP_MS
  const slow = isTooSlow(sent, rate)
  progress(`calliope ${count(rate)}/s: ${count(lost)} of ${count(sent.sent)} lost, ${waits} ms`)
  return {
    hasKeptUp,
    outcome: lost > 0 || (mustKeepUp && !hasKeptUp) ? 'lost' : slow ? 'sender too slow' : 'kept',
    reachedRate: reachedRate(sent),
    bytesPerMessage: stored.bytes / stored.messages,
    lost,
    captureUs: totalUs(cpu.threads) / sent.sent,
    machineUs: cpu.machineUs / sent.sent,
    row: [
      ...['calliope', rateText(rate, sent), count(sent.sent), count(lost)],
      `${(drainedMs / 1_000).toFixed(1)} s`,
      waits,
      cpuText(cpu.threads, sent.sent),
      databaseUs.toFixed(2),
      senderCpuText(sent),
      (cpu.machineUs / sent.sent).toFixed(2),
      mb(peakBytes),
      (stored.bytes / stored.messages).toFixed(0),
    ],
  }
}

async function sendAndDrain(capture: Capture, probes: Probes, job: SendJob) {
  const sent = await send(job)
  probes.pause()
  const endedAt = performance.now()
  await drained(capture)
  return { sent, drainedMs: performance.now() - endedAt }
}

/** Waits until everything that was received is stored; returns how many are not, when the time is over. */
export async function drained(capture: Capture, waitMsMax = DRAIN_MS_MAX): Promise<number> {
  const deadline = performance.now() + waitMsMax
  let pending = 1
  while (pending > 0 && performance.now() < deadline) {
    await Bun.sleep(100)
    ;({ pending } = await capture.counts())
  }
  return pending
}

/** Messages in the database, and the bytes of all its tables and indexes. */
export async function storedIn(database: string): Promise<{ messages: number; bytes: number }> {
  const sql = connect({ url: database, max: 1 })
  try {
    const [row] =
      await sql`select coalesce(sum(message_count), 0)::float8 as messages from call_segments`
    return { messages: row.messages, bytes: await tableBytes(sql) }
  } finally {
    await sql.close({ timeout: 0 })
  }
}
