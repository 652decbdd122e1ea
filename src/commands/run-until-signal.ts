// From "ready" to the exit code: what the terminal and the log say, and what signals do.
import { log } from '#log'
import { VERSION } from './command.ts'

/** 128 + SIGINT, as shells say it. */
const EXIT_INTERRUPTED = 130

export interface Running {
  readonly url: string
  /** Fields of the `ready` log line beside `http`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Lines of the banner between name and address. */
  readonly lines: readonly string[]
  /** Ends it and returns the exit code. */
  stop(): Promise<number>
}

/** Says where everything is, waits for SIGTERM or SIGINT, stops, and returns the exit code. */
export async function runUntilSignal({ url, fields, lines, stop }: Running): Promise<number> {
  const { hostname, port } = new URL(url)
  const http = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 }
  process.stdout.write(
    `\n  calliope ${VERSION}\n${lines.map((line) => `  ${line}\n`).join('')}  open   ${url}\n\n`,
  )
  const signals = listenForSignals()
  log.info({ http, ...fields }, 'ready')
  const signal = await signals.first
  void signals.second.then(() => process.exit(EXIT_INTERRUPTED))
  log.info({ signal }, 'stopping; the same signal again ends at once')
  return stop()
}

// One listener for both: between taking one off and putting the next on, a signal would end us
// without a word.
function listenForSignals(): { first: Promise<string>; second: Promise<string> } {
  const heard = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const
  let count = 0
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => heard[count++]?.resolve(signal))
  return { first: heard[0].promise, second: heard[1].promise }
}
