// Sockets and spool alone, by transport: the real program with a database that is away. The rate
// rises until a frame is missing.
import { temporaryDirectory } from '../test/program.ts'
import {
  type Capture,
  isTooSlow,
  reachedRate,
  send,
  senderCpuText,
  settled,
  startCapture,
  watchCpu,
  watchMemory,
} from './capture.ts'
import type { BenchOptions } from './options.ts'
import { cpuText } from './proc.ts'
import { Ramp, type StepOutcome } from './ramp.ts'
import { progress, publish } from './report.ts'
import type { SendJob } from './sender.ts'
import { count, mb, type Row, table } from './table.ts'
import type { Figure } from './targets.ts'

const STILL_MS = 500 // longer than anything waits in the socket or before the file
const RATES = '100,150,200,250,300,350,400,500,600'.split(',').map((k) => Number(k) * 1_000)
const HEAD = [
  ...['transport', 'frames', 'senders', 'highest rate, none lost', 'CPU µs/msg by thread'],
  ...['sender µs/msg', 'peak resident', 'what ended it'],
]

type Way = Pick<SendJob, 'transport' | 'senders' | 'traffic'> & {
  readonly offload?: boolean
  /** Name of its figure among the targets. */
  readonly key?: string
}

const WAYS: readonly Way[] = [
  { transport: 'udp', senders: 1, traffic: 'even', key: 'intake.even' },
  { transport: 'udp', senders: 1, traffic: 'even', offload: true, key: 'intake.even.offload' },
  { transport: 'udp', senders: 1, traffic: 'whole' },
  { transport: 'udp', senders: 16, traffic: 'whole' },
  { transport: 'udp', senders: 16, traffic: 'whole', offload: true },
  { transport: 'tcp', senders: 1, traffic: 'whole' },
  { transport: 'tcp', senders: 16, traffic: 'whole' },
  { transport: 'http', senders: 1, traffic: 'whole' },
  { transport: 'http', senders: 8, traffic: 'whole' },
]

const WAYS_QUICK: readonly Way[] = [
  { transport: 'udp', senders: 2, traffic: 'even', offload: true },
  { transport: 'tcp', senders: 1, traffic: 'whole' },
  { transport: 'http', senders: 1, traffic: 'whole' },
]

export async function intake(options: BenchOptions): Promise<void> {
  const rows: Row[] = []
  const figures: Record<string, Figure> = {}
  for (const way of options.isQuick ? WAYS_QUICK : WAYS) {
    const { row, best } = await climb(way, options)
    rows.push(row)
    const { seconds, shards } = options
    if (way.key) figures[way.key] = { value: best, how: `${seconds} s a step, ${shards} shard(s)` }
  }
  const { seconds, shards, flags } = options
  const body =
    `Sockets to spool file, no database; ${seconds} s a step, ${shards} shard(s) ${flags.join(' ')}. "738 bytes": every frame an INVITE of that length; ` +
    '"real": seven-message calls, 730 bytes on average. What waits for the server (TCP, HTTP) cannot lose; it slows down instead.'
  const name = shards === 1 ? 'intake' : `intake, ${shards} shards`
  publish(name, `${body}\n\n${table(HEAD, rows)}`, options, shards === 1 ? figures : {})
}

async function climb(way: Way, options: BenchOptions): Promise<{ row: Row; best: number }> {
  const { again, closeness } = options
  const ramp = new Ramp({ rates: options.rates ?? RATES, again, closeness })
  let cells: Row = ['', '', '']
  let end = 'no higher rate tried'
  while (ramp.rate !== undefined) {
    const { rate } = ramp
    const step = await runStep(way, rate, options)
    ramp.note(step.outcome, step.reachedRate)
    if (step.outcome !== 'lost') cells = step.cells
    if (step.outcome !== 'kept') end = step.end
  }
  const frames = `${way.traffic === 'even' ? '738 bytes' : 'real'}${way.offload ? ', offloading' : ''}`
  const row = [way.transport, frames, way.senders, `${count(ramp.best)}/s`, ...cells, end]
  return { row, best: ramp.best }
}

interface IntakeStep {
  readonly outcome: StepOutcome
  readonly reachedRate: number
  readonly cells: Row
  readonly end: string
}

async function runStep(way: Way, rate: number, options: BenchOptions): Promise<IntakeStep> {
  const { transport, senders, traffic, offload = false } = way
  const { seconds, shards, flags } = options
  using directory = temporaryDirectory('calliope-bench-')
  await using capture = await startCapture({
    directory: directory.path,
    flags: ['--shards', String(shards), '--spool-bytes-max', '20GB', ...flags],
  })
  const port = portOf(capture, transport)
  const cpu = await watchCpu(capture.pid, async () => {
    const job = { transport, port, rate, seconds, senders, traffic, offload }
    const watched = await watchMemory(capture.pid, send(job))
    await settled(async () => (await capture.counts()).received, STILL_MS)
    return watched
  })
  const { result: sent, peakBytes } = cpu.result
  const { received } = await capture.counts()
  const lost = Math.abs(sent.sent - received)
  const reached = reachedRate(sent)
  progress(
    `${transport} ${senders} sender(s) ${count(rate)}/s: ${count(received)} of ${count(sent.sent)} kept, sent ${count(reached)}/s`,
  )
  return {
    outcome: lost > 0 ? 'lost' : isTooSlow(sent, rate) ? 'sender too slow' : 'kept',
    reachedRate: reached,
    cells: [cpuText(cpu.threads, sent.sent), senderCpuText(sent), mb(peakBytes)],
    end:
      lost > 0
        ? `${count(lost)} of ${count(sent.sent)} lost at ${count(rate)}/s`
        : `sender slowed to ${count(reached)}/s of ${count(rate)}/s`,
  }
}

function portOf({ program }: Capture, transport: SendJob['transport']): number {
  if (transport === 'http') return Number(new URL(program.url).port)
  return transport === 'udp' ? program.udp.port : program.tcp.port
}
