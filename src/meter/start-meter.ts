// The main thread's side of the meter: starts its thread, another one should it die, and fetches the values when
// Prometheus asks for them. A thread that does not answer in time is answered for with the last values it gave.
// One that does not read either (it fails again and again, or gets no CPU) must not fill the disk: when twice
// as much waits for it as may, its mark is moved, and what it missed counts as lost.
import { Backoff, pause } from '#backoff'
import type { FilterOptions } from '#filter'
import { log as rootLog } from '#log'
import { passOver, spoolUsage } from '#spool'
import { BEHIND_BYTES_MAX, METER_READER, type MeterOptions } from './meter.ts'
import { type MeterSignal, MeterSignals } from './meter-signals.ts'
import type { SentTables } from './tables.ts'
import type { FromMeter, ToMeter } from './worker-messages.ts'

const log = rootLog.child({ room: 'meter' })

const STOP_MS_MAX = 2_000
const ANSWER_MS_MAX = 2_000
const GUARD_MS = 5_000

export interface RunningMeter extends AsyncDisposable {
  /** All values by the metric's name; those before when the thread has no time. */
  tables(): Promise<SentTables>
  signal(name: MeterSignal): number
  /** Tells these hosts apart from now on, each 'ADDRESS=NAME'. */
  setTargets(targets: readonly string[]): void
  /** Filters packets otherwise from now on; rejects when the options cannot be taken. */
  setFilter(filter: FilterOptions): Promise<void>
  /** What was not counted stays in the spool. Safe to call twice. */
  close(): Promise<void>
}

export interface StartOptions extends Omit<MeterOptions, 'signals'> {
  /** How often it is looked whether it reads at all. @default 5000 */
  readonly guardMs?: number
}

/** Starts the meter's thread. The spool must have been opened with METER_READER among its readers. */
export function startMeter({ guardMs = GUARD_MS, ...options }: StartOptions): RunningMeter {
  return new MeterThread(options, guardMs)
}

class MeterThread implements RunningMeter {
  #options: MeterOptions
  readonly #signals = new MeterSignals()
  readonly #stopping = new AbortController()
  readonly #backoff = new Backoff()
  readonly #stopped = Promise.withResolvers<void>()
  #worker: Worker
  #printing: PromiseWithResolvers<void> | undefined
  #changing: PromiseWithResolvers<string | undefined> | undefined
  #tables: SentTables = {}
  readonly #guard: Timer
  #closing: Promise<void> | undefined

  constructor(options: MeterOptions, guardMs: number) {
    this.#options = { ...options, signals: this.#signals.memory }
    this.#worker = this.#start()
    this.#guard = setInterval(() => this.#letGo(), guardMs)
    this.#guard.unref()
  }

  async tables(): Promise<SentTables> {
    if (this.#printing === undefined) {
      this.#printing = Promise.withResolvers<void>()
      this.#send({ kind: 'print' })
    }
    await Promise.race([this.#printing.promise, Bun.sleep(ANSWER_MS_MAX)])
    return this.#tables
  }

  signal(name: MeterSignal): number {
    return this.#signals.get(name)
  }

  setTargets(targets: readonly string[]): void {
    this.#options = { ...this.#options, targets }
    this.#send({ kind: 'targets', targets })
  }

  async setFilter(filter: FilterOptions): Promise<void> {
    await this.#changing?.promise
    this.#changing = Promise.withResolvers<string | undefined>()
    this.#send({ kind: 'filter', filter })
    const fault = await this.#changing.promise
    if (fault !== undefined) throw new Error(fault)
    this.#options = { ...this.#options, filter }
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#guard)
    this.#send({ kind: 'stop' })
    await Promise.race([this.#stopped.promise, Bun.sleep(STOP_MS_MAX)])
    this.#changing?.resolve('the meter is closed')
    this.#worker.terminate()
  }

  #letGo(): void {
    const { spoolDirectory, behindBytesMax = BEHIND_BYTES_MAX } = this.#options
    const { backlogBytes, lanes } = spoolUsage(spoolDirectory, undefined, [METER_READER])
    if (backlogBytes <= 2 * behindBytesMax) return
    log.warn({ backlogBytes }, 'the meter does not keep up: the disk is not kept full for it')
    for (const { lane } of lanes) passOver(spoolDirectory, lane, METER_READER)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./meter-worker.ts', import.meta.url), { name: 'meter' })
    this.#signals.add('starts', 1)
    worker.onmessage = ({ data }: MessageEvent<FromMeter>) => this.#hear(data)
    worker.onerror = (event) => {
      event.preventDefault()
      log.error({ error: errorLine(event.message) }, 'the meter failed; starting it again')
      void this.#startAgain(worker)
    }
    this.#worker = worker
    this.#send({ kind: 'start', options: this.#options })
    return worker
  }

  async #startAgain(failed: Worker): Promise<void> {
    failed.terminate()
    this.#printed()
    this.#changing?.resolve('the meter failed; it starts with what was in force')
    await pause(this.#backoff.nextMs(), this.#stopping.signal)
    if (this.#stopping.signal.aborted) this.#stopped.resolve()
    else this.#start()
  }

  #hear(message: FromMeter): void {
    switch (message.kind) {
      case 'printed':
        this.#tables = JSON.parse(message.tables) as SentTables
        this.#printed()
        break
      case 'filter':
        this.#changing?.resolve(message.fault)
        break
      case 'stopped':
        this.#stopped.resolve()
        break
    }
  }

  #printed(): void {
    this.#printing?.resolve()
    this.#printing = undefined
  }

  #send(message: ToMeter): void {
    this.#worker.postMessage(message)
  }
}

/** Bun puts lines of the source around the message. */
const errorLine = (message: string): string =>
  message.split('\n').find((line) => /error: /i.test(line)) ?? message
