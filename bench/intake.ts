// Sockets and spool alone, by transport: the real program with a database that is away. The rate
// rises until a frame is missing.
import { temporaryDirectory } from '../test/program.ts'
import { type Capture, send, settled, startCapture, watchCpu, watchMemory } from './capture.ts'
import type { BenchOptions } from './options.ts'
import { count, mb, progress, publish, type Row, table } from './report.ts'
import type { SendJob } from './sender.ts'

const STILL_MS = 1_500 // the kernel's drop counter is read once a second

type Way = Pick<SendJob, 'transport' | 'senders'>

const WAYS: readonly Way[] = [
  { transport: 'udp', senders: 1 },
  { transport: 'udp', senders: 16 },
  { transport: 'tcp', senders: 1 },
  { transport: 'tcp', senders: 16 },
  { transport: 'http', senders: 4 },
]

export async function intake(options: BenchOptions): Promise<void> {
  const rows: Row[] = []
  for (const way of WAYS) rows.push(await ramp(way, options))
  const head = ['transport', 'senders', 'none lost up to', 'CPU µs/msg by thread', 'peak resident']
  const body = `Sockets to spool file, no database; ${options.seconds} s a step, real SIP frames, ${options.shards} shard(s). The highest step with every frame kept.`
  publish('intake', `${body}\n\n${table([...head, 'at the next step'], rows)}`, options)
}

async function ramp(way: Way, options: BenchOptions): Promise<Row> {
  let best: Row = ['none', '', '']
  let end = 'not reached'
  for (const rate of options.rates) {
    let { row, lost, sent, reachedRate } = await step(way, rate, options)
    // Tried again, for the machine is not ours alone.
    for (let tries = 0; lost > 0 && tries < options.again; tries++)
      ({ row, lost, sent, reachedRate } = await step(way, rate, options))
    // A sender that waits for the server cannot lose; it slows down instead.
    if (lost > 0) end = `${count(lost)} of ${count(sent)} lost at ${count(rate)}/s`
    else if (reachedRate < rate * 0.9) end = `sender slowed to ${count(reachedRate)}/s`
    if (lost === 0) best = row
    if (end !== 'not reached') break
  }
  return [way.transport, way.senders, ...best, end]
}

async function step({ transport, senders }: Way, rate: number, options: BenchOptions) {
  const { seconds, shards, traffic } = options
  using directory = temporaryDirectory('calliope-bench-')
  await using capture = await startCapture({
    directory: directory.path,
    flags: ['--shards', String(shards), '--spool-bytes-max', '20GB'],
  })
  const job = { transport, port: portOf(capture, transport), rate, seconds, senders, traffic }
  const cpu = await watchCpu(capture.pid, async () => {
    const sent = await watchMemory(capture.pid, send(job))
    await settled(async () => (await capture.counts()).received, STILL_MS)
    return sent
  })
  const { result, samples } = cpu.result
  const { received } = await capture.counts()
  const lost = result.sent - received
  // The rise takes half a second's worth of the rate away.
  const reachedRate = Math.min(rate, result.sent / Math.max(0.1, result.seconds - 0.5))
  progress(
    `${transport} ${senders} sender(s) ${count(rate)}/s: ${count(received)} of ${count(result.sent)} kept in ${result.seconds.toFixed(1)} s`,
  )
  const row = [
    `${count(reachedRate)}/s`,
    cpu.perMessage(result.sent),
    mb(Math.max(...samples)),
  ] as const
  return { row, lost, sent: result.sent, reachedRate }
}

function portOf({ program }: Capture, transport: SendJob['transport']): number {
  if (transport === 'http') return Number(new URL(program.url).port)
  return transport === 'udp' ? program.udp.port : program.tcp.port
}
