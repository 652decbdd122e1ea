// The real `calliope capture` process under test, and the sender beside it.
import { join } from 'node:path'
import { type Program, startProgram } from '../test/program.ts'
import {
  cpuBetween,
  machineCpuUs,
  peakResidentBytes,
  residentBytes,
  type ThreadCpu,
  threadCpu,
} from './proc.ts'
import type { SendJob, Sent } from './sender.ts'

export interface Counts {
  readonly received: number
  readonly stored: number
  readonly pending: number
  /** Of the oldest frame that is not stored. */
  readonly spoolAgeSeconds: number
  readonly backlogBytes: number
}

export interface Capture extends AsyncDisposable {
  readonly program: Program
  readonly pid: number
  counts(): Promise<Counts>
}

export interface CaptureOptions {
  readonly directory: string
  /** @default one nobody answers at: intake and spool alone */
  readonly database?: string
  readonly flags?: readonly string[]
}

const NOBODY = 'postgres://nobody@127.0.0.1:1/nowhere'

/** Starts the program and waits until it takes HEP. */
export async function startCapture({
  directory,
  database = NOBODY,
  flags = [],
}: CaptureOptions): Promise<Capture> {
  const program = await startProgram(
    ['--data-dir', directory, '--database', database, '--node', 'bench', ...flags],
    { command: 'capture' },
  )
  return {
    program,
    pid: program.process.pid,
    counts: () => countsOf(program.url),
    [Symbol.asyncDispose]: () => program.kill(),
  }
}

async function countsOf(url: string): Promise<Counts> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const value = (name: string) =>
    [...text.matchAll(new RegExp(`^calliope_${name}(?:{.*})? (\\S+)$`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    )
  return {
    received: value('frames_appended_total'),
    stored: value('frames_stored_total'),
    pending: value('frames_pending'),
    spoolAgeSeconds: value('spool_age_seconds'),
    backlogBytes: value('spool_backlog_bytes'),
  }
}

/** Runs the sender to its end. */
export async function send(job: SendJob): Promise<Sent> {
  const script = join(import.meta.dir, 'sender.ts')
  const child = Bun.spawn([process.execPath, script, JSON.stringify(job)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const said = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`the sender failed: ${said}`)
  return JSON.parse(said) as Sent
}

/** Messages a second it really sent; its first second rises from nothing, which takes half of one away. */
export const reachedRate = ({ sent, seconds }: Sent): number => sent / Math.max(0.1, seconds - 0.5)

/** It could not keep its rate by itself: no statement on the server is possible above it. */
export const isTooSlow = (sent: Sent, rate: number): boolean => reachedRate(sent) < rate * 0.97

/** '3.10 (kernel 2.61)' microseconds a message. */
export const senderCpuText = ({ sent, userUs, kernelUs }: Sent): string =>
  `${((userUs + kernelUs) / sent).toFixed(2)} (kernel ${(kernelUs / sent).toFixed(2)})`

export interface WatchedMemory<Result> {
  readonly result: Result
  readonly samples: readonly number[]
  /** Of the process's whole life, between samples too. */
  readonly peakBytes: number
}

/** Looks at a process every `everyMs` while the work lasts. */
export async function watchMemory<Result>(
  pid: number,
  work: Promise<Result>,
  everyMs = 250,
): Promise<WatchedMemory<Result>> {
  const samples = [residentBytes(pid)]
  const timer = setInterval(() => samples.push(residentBytes(pid)), everyMs)
  try {
    return { result: await work, samples, peakBytes: peakResidentBytes(pid) }
  } finally {
    clearInterval(timer)
  }
}

export interface WatchedCpu<Result> {
  readonly result: Result
  readonly threads: ThreadCpu
  /** Of all processes on all cores. */
  readonly machineUs: number
}

/** CPU by thread of what happens meanwhile. */
export async function watchCpu<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<WatchedCpu<Result>> {
  const [before, machineBefore] = [threadCpu(pid), machineCpuUs()]
  const result = await work()
  return {
    result,
    threads: cpuBetween(before, threadCpu(pid)),
    machineUs: machineCpuUs() - machineBefore,
  }
}

/** Polls until the value has not changed for `stillMs`. */
export async function settled(read: () => Promise<number>, stillMs: number): Promise<number> {
  let [last, since] = [await read(), performance.now()]
  for (;;) {
    await Bun.sleep(100)
    const now = await read()
    if (now !== last) [last, since] = [now, performance.now()]
    else if (performance.now() - since > stillMs) return last
  }
}
