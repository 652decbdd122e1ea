// The main thread's side of a writer, whichever layout it writes: starts its thread, starts another one
// should it die, and reads its counters. Killing the thread at any point loses nothing and stores nothing
// twice; the cursors are in the database.

import { Backoff, pause } from '#backoff'
import type { FilterOptions } from '#filter'
import { log as rootLog } from '#log'
import { SignalBoard, type StoreSignals } from './signals.ts'
import type { FromWriter, ToWriter } from './worker-messages.ts'

const log = rootLog.child({ room: 'store', part: 'writer' })

const STOP_MS_MAX = 5_000
const COUNT_MS_MAX = 10_000

export interface RunningWriter {
  /** Counters and gauges, at any time. */
  signals(): StoreSignals
  /** Why the database does not take batches; undefined while it does. */
  readonly trouble: string | undefined
  /** Resolves when everything in the spool is stored; until then keeps at it. */
  drain(): Promise<void>
  /** Frames in the spool that are not stored; undefined when counting takes too long. */
  countLeft(): Promise<number | undefined>
  /** Filters otherwise from now on; the options must have been tried. */
  setFilter(filter: FilterOptions): void
  /** Stops where it is. What is not stored stays in the spool. Safe to call twice. */
  close(): Promise<void>
}

/** Starts a writer's thread; `spawn` makes it, and another one each time it dies. */
export function startWriterThread<Options extends object>(
  options: Options,
  spawn: () => Worker,
): RunningWriter {
  return new WriterThread(options, spawn)
}

class WriterThread<Options extends object> implements RunningWriter {
  #options: Options
  readonly #spawn: () => Worker
  readonly #board = new SignalBoard()
  readonly #stopping = new AbortController()
  readonly #backoff = new Backoff()
  #worker: Worker
  #drained: PromiseWithResolvers<void> | undefined
  #left: PromiseWithResolvers<number> | undefined
  #stopped = Promise.withResolvers<void>()
  #closing: Promise<void> | undefined
  #trouble = ''

  constructor(options: Options, spawn: () => Worker) {
    this.#options = options
    this.#spawn = spawn
    this.#worker = this.#start()
  }

  signals(): StoreSignals {
    return this.#board.all()
  }

  get trouble(): string | undefined {
    return this.#board.get('retryingSinceUs') > 0 ? this.#trouble : undefined
  }

  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>()
    this.#send({ kind: 'drain' })
    return this.#drained.promise
  }

  countLeft(): Promise<number | undefined> {
    this.#left ??= Promise.withResolvers<number>()
    this.#send({ kind: 'countLeft' })
    return Promise.race([this.#left.promise, Bun.sleep(COUNT_MS_MAX).then(() => undefined)])
  }

  setFilter(filter: FilterOptions): void {
    this.#options = { ...this.#options, filter } // another thread starts with it
    this.#send({ kind: 'filter', filter })
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop()
    return this.#closing
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    this.#send({ kind: 'stop' })
    await Promise.race([this.#stopped.promise, Bun.sleep(STOP_MS_MAX)])
    this.#worker.terminate()
  }

  #start(): Worker {
    const worker = this.#spawn()
    this.#board.add('starts', 1)
    worker.onmessage = ({ data }: MessageEvent<FromWriter>) => this.#hear(data)
    worker.onerror = (event) => {
      event.preventDefault()
      log.error({ error: errorLine(event.message) }, 'the writer failed; starting it again')
      void this.#startAgain(worker)
    }
    this.#worker = worker
    this.#send({ kind: 'start', options: { ...this.#options, signals: this.#board.memory } })
    return worker
  }

  async #startAgain(failed: Worker): Promise<void> {
    failed.terminate()
    await pause(this.#backoff.nextMs(), this.#stopping.signal)
    if (this.#stopping.signal.aborted) {
      this.#stopped.resolve()
      return
    }
    this.#start()
    if (this.#drained) this.#send({ kind: 'drain' })
  }

  #hear(message: FromWriter): void {
    switch (message.kind) {
      case 'drained':
        this.#drained?.resolve()
        this.#drained = undefined
        break
      case 'left':
        this.#left?.resolve(message.frames)
        this.#left = undefined
        break
      case 'trouble':
        this.#trouble = message.why
        break
      case 'stopped':
        this.#stopped.resolve()
        break
    }
  }

  #send(message: ToWriter<Options & { signals: SharedArrayBuffer }>): void {
    this.#worker.postMessage(message)
  }
}

/** Bun puts lines of the source around the message. */
function errorLine(message: string): string {
  return message.split('\n').find((line) => /error: /i.test(line)) ?? message
}
