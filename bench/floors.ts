// The limits of this machine, with nothing of ours in the way: what a benchmark's figure can be at most.
//
//   UDP     the same sender, and a process that only calls recvmmsg and counts (counter.ts)
//   spool   one thread that appends the same frame to a lane, beside plain writes of the same bytes (spool.ts)
//   COPY    rows made beforehand, copied into the tables with nothing else happening (copy-floor.ts)
import { join } from 'node:path'
import { isTooSlow, reachedRate, send, senderCpuText } from './capture.ts'
import { copyFloor } from './copy-floor.ts'
import type { Counted } from './counter.ts'
import { runScript } from './micro.ts'
import type { BenchOptions } from './options.ts'
import { knownFigure } from './page.ts'
import { Ramp, type StepOutcome } from './ramp.ts'
import { progress, publish, warn } from './report.ts'
import { isLinux } from './system-calls.ts'
import { count, type Row, table } from './table.ts'
import type { Figure } from './targets.ts'

const RATES = '150,200,250,300,400,500,600,800,1000'.split(',').map((k) => Number(k) * 1_000)

export async function floors(options: BenchOptions): Promise<void> {
  const { rows, figures } = await udpFloor(options)
  const spool = await runScript('spool.ts', [], options)
  const copy = await copyFloor(options)
  const head = ['738-byte datagrams', 'highest rate, none lost', 'receiver µs/msg', 'sender µs/msg']
  const body = [
    `UDP: the benchmarks' sender and a process that only calls recvmmsg and counts; ${options.seconds} s a step.`,
    `\n${table([...head, 'our intake, of that'], rows)}`,
    `\nSpool, one thread, 738-byte frames:\n\n\`\`\`\n${spool.text}\n\`\`\``,
    `\n${copy}`,
  ]
  publish('floors', body.join('\n'), options, figures)
}

async function udpFloor(options: BenchOptions) {
  const figures: Record<string, Figure> = {}
  const rows: Row[] = []
  if (!isLinux) {
    warn('the UDP floor wants recvmmsg, which only Linux has')
    return { figures, rows: [['not measured: not Linux', '', '', '', '']] }
  }
  for (const offload of options.isQuick ? [true] : [false, true]) {
    const { again, closeness } = options
    const ramp = new Ramp({ rates: options.rates ?? RATES, again, closeness })
    let cells: Row = ['', '']
    while (ramp.rate !== undefined) {
      const step = await countStep(ramp.rate, offload, options)
      ramp.note(step.outcome, step.reachedRate)
      if (step.outcome !== 'lost') ({ cells } = step)
    }
    const key = `even${offload ? '.offload' : ''}`
    figures[`floor.${key}`] = { value: ramp.best }
    const ours = knownFigure(`intake.${key}`)
    const share = ours
      ? `${((100 * ours) / ramp.best).toFixed(0)} % (${count(ours)}/s)`
      : 'not known'
    rows.push([offload ? 'offloading sender' : 'one a message', ramp.text, ...cells, share])
  }
  return { figures, rows }
}

interface CountStep {
  readonly outcome: StepOutcome
  readonly reachedRate: number
  readonly cells: Row
}

async function countStep(
  rate: number,
  offload: boolean,
  { seconds }: BenchOptions,
): Promise<CountStep> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'counter.ts')], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines = linesOf(child.stdout)
  const port = Number(await lines())
  const job = { transport: 'udp', port, rate, seconds, senders: 1, traffic: 'even' } as const
  const sent = await send({ ...job, offload })
  const counted = JSON.parse(await lines()) as Counted
  await child.exited
  const lost = sent.sent - counted.received
  progress(`counting ${count(rate)}/s: ${count(lost)} lost, sent ${count(reachedRate(sent))}/s`)
  const perMessage = (us: number) => (us / Math.max(1, counted.received)).toFixed(2)
  return {
    outcome: lost !== 0 ? 'lost' : isTooSlow(sent, rate) ? 'sender too slow' : 'kept',
    reachedRate: reachedRate(sent),
    cells: [
      `${perMessage(counted.userUs + counted.kernelUs)} (kernel ${perMessage(counted.kernelUs)})`,
      senderCpuText(sent),
    ],
  }
}

/** Reads a process's output a line at a time. */
function linesOf(stream: ReadableStream<Uint8Array>): () => Promise<string> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  return async () => {
    for (;;) {
      const end = rest.indexOf('\n')
      if (end >= 0) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 1)
        return line
      }
      const { value, done } = await reader.read()
      if (done) throw new Error(`the counting process ended: ${rest}`)
      rest += decoder.decode(value, { stream: true })
    }
  }
}
