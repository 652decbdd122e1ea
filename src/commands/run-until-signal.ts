// From "ready" to the exit code: what the terminal and the log say, and what signals do.
import { isatty } from 'node:tty'
import { log } from '#log'
import { VERSION } from './command.ts'
import { keepEngineSmall } from './engine-pages.ts'
import { outliveReader } from './output-reader.ts'

/** 128 + SIGINT, as shells say it. */
const EXIT_INTERRUPTED = 130

export interface Running {
  readonly url: string
  /** Fields of the `ready` log line beside `http`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Lines of the banner between name and address. */
  readonly lines: readonly string[]
  /** Resolves when the machine is about to be taken away, which is as good as a signal. */
  readonly reclaimed?: Promise<{ readonly atMs: number }>
  /** Reads the configuration again and takes what can be taken. */
  readonly reload?: () => Promise<void>
  /** Ends it, by `byMs` at the latest, and returns the exit code. */
  stop(byMs?: number): Promise<number>
}

/**
 * Starts, says where everything is, waits for SIGTERM or SIGINT, stops, and returns the exit code. A
 * signal before all is started ends at once. SIGHUP reloads, unless the terminal has gone that we run in.
 */
export async function runUntilSignal(start: () => Promise<Running>): Promise<number> {
  outliveReader()
  const signals = new Signals()
  signals.on(1, () => process.exit(EXIT_INTERRUPTED)) // what we started hears of our exit
  const running = await start()
  const signal = new Promise<string>((resolve) => signals.on(1, resolve))
  signals.on(2, () => process.exit(EXIT_INTERRUPTED))
  signals.onHangUp(running.reload)
  announce(running)
  keepEngineSmall()
  const never = new Promise<never>(() => {})
  const why = await Promise.race([signal, running.reclaimed ?? never])
  if (typeof why === 'string') {
    log.info({ signal: why }, 'stopping; the same signal again ends at once')
    return running.stop()
  }
  // SIGTERM will follow, and be the first of its kind: it changes nothing.
  log.warn({ at: new Date(why.atMs).toISOString() }, 'stopping: this machine will be taken away')
  return running.stop(why.atMs)
}

function announce({ url, fields, lines }: Running): void {
  const { hostname, port } = new URL(url)
  const http = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 }
  process.stdout.write(
    `\n  calliope ${VERSION}\n${lines.map((line) => `  ${line}\n`).join('')}  open   ${url}\n\n`,
  )
  log.info({ http, ...fields }, 'ready')
}

// One listener for all of them: between taking one off and putting the next on, a signal would end us
// without a word, and what we started would stay behind.
class Signals {
  readonly #handlers = new Map<number, (signal: string) => void>()
  readonly #terminals = [0, 1, 2].filter((fd) => isatty(fd))
  #reload: () => Promise<void> = async () => {}
  #reloading: Promise<void> = Promise.resolve()
  #count = 0

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => this.#hear(signal))
    process.on('SIGHUP', () => this.#hangUp())
  }

  #hear(signal: string): void {
    this.#handlers.get(++this.#count)?.(signal)
  }

  #hangUp(): void {
    if (this.#terminals.some((fd) => !isatty(fd))) this.#hear('SIGHUP')
    else this.#reloading = this.#reloading.then(this.#reload)
  }

  /** What SIGHUP does while somebody may still be listening. */
  onHangUp(reload: () => Promise<void> = async () => {}): void {
    this.#reload = reload
  }

  /** What the `nth` signal does; the last word counts. */
  on(nth: number, handle: (signal: string) => void): void {
    this.#handlers.set(nth, handle)
  }
}
