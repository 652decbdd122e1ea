// How busy a node is, from a reading each second. Everything that scales or alarms is computed here, once,
// for Prometheus, CloudWatch and the fleet page alike.
//
//   used       the fullest of: the busiest packet thread (of one core), the process (of what the container
//              may use), and, while the spool gets older, what arrives per what is stored: above 100 then
//   headroom   100 - used: what is free of the capacity measured just now; below 0 the node falls behind
//   behind     the spool's age, as far as more nodes would mend it: 0 while the database refuses, or while
//              the writer waits for it although there is CPU to spare, or while this node is merely hot
//   short      drops, as far as more nodes would mend them: 0 while this node is merely hot
import type { Allowance } from './allowance.ts'
import type { ThreadCpu } from './thread-cpu.ts'
import { wouldNodesHelp } from './would-nodes-help.ts'

/** One second's numbers; counters count up since whenever. */
export interface Reading {
  readonly atMs: number
  readonly received: number
  readonly appended: number
  readonly dropped: Readonly<Record<string, number>>
  /** Undefined in a node that stores nothing (a relay). */
  readonly stored: number | undefined
  readonly spoolAgeSeconds: number
  readonly pending: number
  /** The database does not take batches. */
  readonly isDatabaseAway: boolean
  /** Of the process, milliseconds since it began. */
  readonly cpuMs: number
  readonly memoryBytes: number
  readonly threads: ThreadCpu
  /** Packets a second of every node there is; empty while nobody knows. */
  readonly nodeRates: readonly number[]
}

export interface LoadSignals {
  readonly packetsPerSecond: number
  readonly dropsPerSecond: number
  readonly shortDropsPerSecond: number
  readonly spoolAgeSeconds: number
  readonly behindSeconds: number
  readonly pending: number
  readonly cpuPercent: number
  readonly memoryPercent: number
  readonly usedPercent: number
  readonly headroomPercent: number
  /** Percent of one core. */
  readonly threads: ReadonlyMap<string, number>
}

const KEPT_SECONDS = 90
const RATE_SECONDS = 10
/** Longer than any scrape interval, so that no scrape misses a drop. */
const DROPS_SECONDS = 60
const BUSY_SECONDS = 30
/** Up to here a spool is not old: batches are collected and committed. */
const FRESH_SECONDS = 5
const USED_PERCENT_MAX = 200
/** A writer that is less busy waits for somebody. */
const WRITER_BUSY_PERCENT = 60
const CPU_SPARE_PERCENT = 80

export class LoadWindow {
  readonly #allowance: Allowance
  #readings: readonly Reading[] = []
  #signals = QUIET

  constructor(allowance: Allowance) {
    this.#allowance = allowance
  }

  get signals(): LoadSignals {
    return this.#signals
  }

  push(reading: Reading): void {
    const sinceMs = reading.atMs - KEPT_SECONDS * 1000
    this.#readings = [...this.#readings.filter(({ atMs }) => atMs >= sinceMs), reading]
    this.#signals = this.#measure(reading)
  }

  /** Frames dropped since `atMs`, by reason, as far back as readings are kept. */
  droppedSince(atMs: number): Record<string, number> {
    const now = this.#readings.at(-1)
    const then = this.#readings.findLast((reading) => reading.atMs <= atMs) ?? this.#readings[0]
    return Object.fromEntries(
      Object.entries(now?.dropped ?? {}).map(([reason, count]) => [
        reason,
        Math.max(0, count - (then?.dropped[reason] ?? 0)),
      ]),
    )
  }

  #measure(now: Reading): LoadSignals {
    const { cpuCores, memoryBytes } = this.#allowance
    const busy = this.#since(now, BUSY_SECONDS)
    const busyMs = Math.max(1, now.atMs - busy.atMs)
    const threads = threadPercents(busy, now, busyMs)
    const cpuPercent = ((now.cpuMs - busy.cpuMs) / busyMs / cpuCores) * 100
    const usedPercent = Math.max(cpuPercent, ...threads.values(), trendPercent(busy, now))
    const packetsPerSecond = rate(this.#since(now, RATE_SECONDS), now, ({ received }) => received)
    const dropsPerSecond = rate(this.#since(now, DROPS_SECONDS), now, droppedIn)
    const isShort = wouldNodesHelp(
      { packetsPerSecond, storedPerSecond: storedPerSecond(busy, now) },
      now.nodeRates,
    )
    return {
      packetsPerSecond,
      dropsPerSecond,
      shortDropsPerSecond: isShort ? dropsPerSecond : 0,
      spoolAgeSeconds: now.spoolAgeSeconds,
      behindSeconds: isShort ? behind(now, threads.get('writer'), cpuPercent) : 0,
      pending: now.pending,
      cpuPercent,
      memoryPercent: (now.memoryBytes / memoryBytes) * 100,
      usedPercent,
      headroomPercent: 100 - usedPercent,
      threads,
    }
  }

  /** The reading so many seconds ago, or the first there is. */
  #since({ atMs }: Reading, seconds: number): Reading {
    const early = this.#readings.findLast((reading) => reading.atMs <= atMs - seconds * 1000 + 50)
    return early ?? this.#readings[0]!
  }
}

const QUIET: LoadSignals = {
  ...{ packetsPerSecond: 0, dropsPerSecond: 0, shortDropsPerSecond: 0 },
  ...{ spoolAgeSeconds: 0, behindSeconds: 0, pending: 0 },
  ...{ cpuPercent: 0, memoryPercent: 0, usedPercent: 0, headroomPercent: 100, threads: new Map() },
}

function rate(then: Reading, now: Reading, of: (reading: Reading) => number): number {
  const seconds = (now.atMs - then.atMs) / 1000
  return seconds > 0 ? Math.max(0, of(now) - of(then)) / seconds : 0
}

const storedPerSecond = (then: Reading, now: Reading): number | undefined =>
  now.stored === undefined ? undefined : rate(then, now, ({ stored }) => stored ?? 0)

const droppedIn = ({ dropped }: Reading): number =>
  Object.values(dropped).reduce((sum, count) => sum + count, 0)

function threadPercents(then: Reading, now: Reading, ms: number): Map<string, number> {
  return new Map(
    [...now.threads].map(([name, cpuMs]) => {
      // A thread that was started again begins at 0.
      const used = Math.max(0, cpuMs - (then.threads.get(name) ?? cpuMs))
      return [name, Math.min(100, (used / ms) * 100)]
    }),
  )
}

/** What arrives per what is stored, while the spool gets older; 0 while it keeps up. */
function trendPercent(then: Reading, now: Reading): number {
  const isAgeing = now.spoolAgeSeconds > FRESH_SECONDS && now.spoolAgeSeconds > then.spoolAgeSeconds
  if (!isAgeing || now.stored === undefined || then.stored === undefined) return 0
  const [arrived, stored] = [now.appended - then.appended, now.stored - then.stored]
  return Math.min(USED_PERCENT_MAX, Math.max(100, (arrived / Math.max(1, stored)) * 100))
}

function behind(now: Reading, writerPercent: number | undefined, cpuPercent: number): number {
  if (now.isDatabaseAway) return 0
  const doesWriterWait =
    writerPercent !== undefined &&
    writerPercent < WRITER_BUSY_PERCENT &&
    cpuPercent < CPU_SPARE_PERCENT
  return doesWriterWait ? 0 : now.spoolAgeSeconds
}
