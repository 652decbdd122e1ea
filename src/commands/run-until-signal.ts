// From "ready" to the exit code: what the terminal and the log say, and what signals do.
import { log } from '#log'
import { VERSION } from './command.ts'

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
  log.info({ http, ...fields }, 'ready')
  const signal = await nextSignal()
  log.info({ signal }, 'stopping; the same signal again ends at once')
  void nextSignal().then(() => process.exit(130))
  return stop()
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}
