// One node of the fleet on one machine: a real `calliope capture` with a data directory of its own, and
// what it says of itself at /metrics.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, startProgram } from '../../test/program.ts'

/** starting → ready → draining → gone, or killed. */
export type NodeStage = 'starting' | 'ready' | 'draining' | 'gone' | 'killed'

export interface NodeReading {
  readonly packetsPerSecond: number
  readonly dropsPerSecond: number
  readonly shortDropsPerSecond: number
  readonly cpuCores: number
  readonly spoolAgeSeconds: number
  readonly behindSeconds: number
  readonly received: number
  readonly dropped: number
}

export interface CaptureOptions {
  readonly id: string
  readonly directory: string
  readonly databaseUrl: string
  readonly drainWaitMs: number
}

const NOTHING: NodeReading = {
  ...{ packetsPerSecond: 0, dropsPerSecond: 0, shortDropsPerSecond: 0, cpuCores: 0 },
  ...{ spoolAgeSeconds: 0, behindSeconds: 0, received: 0, dropped: 0 },
}
/** Rates are over so long: shorter and one look at the spool is another rate. */
const WINDOW_MS = 900
const TICKS_PER_SECOND = 100 // USER_HZ on every Linux that matters
const METRICS_MS_MAX = 2_000

interface Total {
  readonly atMs: number
  readonly received: number
  readonly dropped: number
  readonly cpuSeconds: number
}

/** A running node. */
export class CaptureProcess {
  readonly id: string
  readonly options: CaptureOptions
  readonly startedMs = performance.now()
  stage: NodeStage = 'starting'
  reading: NodeReading = NOTHING
  #program: Program | undefined
  #totals: Total[] = []

  constructor(options: CaptureOptions) {
    this.id = options.id
    this.options = options
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.id} is not running yet`)
    return this.#program
  }

  /** Starts it; resolves when it says that it is ready. */
  async start(): Promise<void> {
    const { id, directory, databaseUrl, drainWaitMs } = this.options
    const flags = ['--data-dir', join(directory, id), '--node', id, '--store-batch-wait', '400ms']
    this.#program = await startProgram([...flags, '--drain-wait', `${drainWaitMs}ms`], {
      command: 'capture',
      // In the environment: a command line is everybody's to read, and this has the password in it.
      env: { CALLIOPE_DATABASE: databaseUrl },
    })
  }

  /** Reads its metrics; keeps the last reading when it does not answer. */
  async read(): Promise<NodeReading> {
    const signal = AbortSignal.timeout(METRICS_MS_MAX)
    const text = await fetch(`${this.program.url}/metrics`, { signal })
      .then((response) => response.text())
      .catch(() => undefined)
    if (text === undefined) return this.reading
    const received = sumOf(text, 'calliope_frames_received_total')
    const dropped = sumOf(text, 'calliope_frames_dropped_total')
    const cpuSeconds = cpuSecondsOf(this.program.process.pid)
    const now: Total = { atMs: performance.now(), received, dropped, cpuSeconds }
    this.#totals = [...this.#totals.filter(({ atMs }) => now.atMs - atMs < 2 * WINDOW_MS), now]
    const then = this.#totals.findLast(({ atMs }) => now.atMs - atMs >= WINDOW_MS)
    const per = (of: (total: Total) => number) =>
      then ? Math.max(0, (of(now) - of(then)) / ((now.atMs - then.atMs) / 1_000)) : 0
    this.reading = {
      packetsPerSecond: per((total) => total.received),
      dropsPerSecond: per((total) => total.dropped),
      shortDropsPerSecond: sumOf(text, 'calliope_short_drops_per_second'),
      cpuCores: per((total) => total.cpuSeconds),
      spoolAgeSeconds: sumOf(text, 'calliope_spool_age_seconds'),
      behindSeconds: sumOf(text, 'calliope_behind_seconds'),
      ...{ received, dropped },
    }
    return this.reading
  }
}

/** A metric of Prometheus' text format, over all labels. */
export function sumOf(text: string, name: string): number {
  let sum = 0
  for (const [, value] of text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm')))
    sum += Number(value)
  return sum
}

function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return 0 // it ended while we looked
  }
}
