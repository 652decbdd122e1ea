// The real `calliope capture` process under test, and the sender beside it.
import { join } from 'node:path'
import { type Program, startProgram } from '../test/program.ts'
import { cpuPerMessage, residentBytes, threadCpu } from './proc.ts'
import type { SendJob, Sent } from './sender.ts'

export interface Counts {
  readonly received: number
  readonly stored: number
  readonly pending: number
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
  }
}

/** Runs the sender to its end. */
export async function send(job: SendJob): Promise<Sent> {
  const script = join(import.meta.dir, 'sender.ts')
  const child = Bun.spawn([process.execPath, script, JSON.stringify(job)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return JSON.parse(await new Response(child.stdout).text()) as Sent
}

/** Looks at a process every `everyMs` while the work lasts; the peak of its memory. */
export async function watchMemory<Result>(
  pid: number,
  work: Promise<Result>,
  everyMs = 250,
): Promise<{ result: Result; samples: number[] }> {
  const samples = [residentBytes(pid)]
  const timer = setInterval(() => samples.push(residentBytes(pid)), everyMs)
  try {
    return { result: await work, samples }
  } finally {
    clearInterval(timer)
  }
}

/** CPU by thread of what happens meanwhile. */
export async function watchCpu<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ result: Result; perMessage: (messages: number) => string }> {
  const before = threadCpu(pid)
  const result = await work()
  const after = threadCpu(pid)
  return { result, perMessage: (messages) => cpuPerMessage(before, after, messages) }
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
