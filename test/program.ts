// Starts the real program as users do, on free ports and a data directory of its own, and waits for
// the line that says it is ready. Tests talk to it over its sockets only.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSink, Subprocess } from 'bun'
import type { Ledger } from '#contract'

const main = join(import.meta.dir, '..', 'src', 'main.ts')

// A failed test stops nothing, and a test run that is killed tells nobody. So a shell keeps the list of
// what runs and, when its input ends because we are gone, tells the rest to end.
let keeper: FileSink | undefined
const KEEPER = `while read -r sign pid; do
  case $sign in +) running="$running $pid" ;; -) running=$(echo "$running" | sed "s/ $pid\\b//") ;; esac
done
[ -z "$running" ] || kill -TERM $running`

function startKeeper(): FileSink {
  const shell = Bun.spawn(['/bin/sh', '-c', KEEPER], {
    ...{ stdin: 'pipe', stdout: 'ignore', stderr: 'ignore', detached: true },
  })
  shell.unref() // it waits for us, not we for it
  return shell.stdin
}

function keep(child: Subprocess): void {
  keeper ??= startKeeper()
  const tell = (sign: string) => {
    keeper!.write(`${sign} ${child.pid}\n`)
    void keeper!.flush()
  }
  tell('+')
  void child.exited.then(() => tell('-'))
}

/** Addresses of a running program, from its `ready` log line. */
export interface Program {
  readonly process: Subprocess
  readonly url: string
  readonly udp: { host: string; port: number }
  readonly tcp: { host: string; port: number }
  readonly tls: { host: string; port: number } | undefined
  readonly ws: { host: string; port: number } | undefined
  /** Every log line so far. */
  readonly lines: readonly LogLine[]
  /** Resolves with the first log line, past or to come, that matches. */
  waitForLine(matches: (line: LogLine) => boolean, waitMs?: number): Promise<LogLine>
  /** SIGTERM, then the exit code. */
  stop(): Promise<number>
  /** SIGKILL, to this process only. */
  kill(): Promise<void>
}

export interface LogLine {
  readonly msg: string
  readonly level: number
  readonly [field: string]: unknown
}

/** A temporary directory that goes away with `using`. */
export function temporaryDirectory(prefix = 'calliope-test-'): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), prefix))
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  }
}

export interface ProgramOptions {
  readonly command?: string
  readonly env?: Readonly<Record<string, string>>
  readonly readyWaitMs?: number
  readonly cwd?: string
  /** What is run instead of `bun src/main.ts`. */
  readonly program?: readonly string[]
  /** Where it listens for HEP is said elsewhere. */
  readonly hasListeners?: boolean
}

/** `calliope up` (or another command) with free ports; `flags` are added, the last one given counts. */
export async function startProgram(
  flags: readonly string[],
  {
    command = 'up',
    env = {},
    readyWaitMs = 30_000,
    cwd,
    program,
    hasListeners,
  }: ProgramOptions = {},
): Promise<Program> {
  const addresses = [
    '--http',
    '127.0.0.1:0',
    ...(command === 'serve' || hasListeners
      ? []
      : ['--hep-udp', '127.0.0.1:0', '--hep-tcp', '127.0.0.1:0']),
  ]
  const run = program ?? [process.execPath, main]
  const child = Bun.spawn([...run, command, ...addresses, ...flags], {
    ...(cwd === undefined ? {} : { cwd }),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    env: { ...process.env, ...env },
  })
  keep(child)
  const log = readLines(child)
  const ready = await log.waitForLine(({ msg }) => msg === 'ready', readyWaitMs)
  const { http, udp, tcp, tls, ws } = ready as unknown as Record<
    'http' | 'udp' | 'tcp' | 'tls' | 'ws',
    { host: string; port: number }
  >
  return {
    process: child,
    url: `http://${http.host}:${http.port}`,
    udp,
    tcp,
    tls,
    ws,
    ...log,
    stop: async () => {
      child.kill('SIGTERM')
      return await child.exited
    },
    kill: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

function readLines(child: Subprocess<'ignore', 'ignore', 'pipe'>) {
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const check of waiting) check()
  }
  let ended = false
  void (async () => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop()!
      lines.push(...parts.filter(Boolean).map(parseLine))
      wake()
    }
    ended = true
    wake()
  })()
  const waitForLine = (matches: (line: LogLine) => boolean, waitMs = 30_000): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const fail = (why: string) => {
        stop()
        reject(
          new Error(
            `${why}; the program said:\n${lines.map((line) => JSON.stringify(line)).join('\n')}`,
          ),
        )
      }
      const timer = setTimeout(() => fail(`no such log line within ${waitMs} ms`), waitMs)
      const stop = () => {
        clearTimeout(timer)
        waiting.delete(check)
      }
      const check = () => {
        const found = lines.find(matches)
        if (found) {
          stop()
          resolve(found)
        } else if (ended) fail('the program ended')
      }
      waiting.add(check)
      check()
    })
  return { lines, waitForLine }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return { msg: text, level: 0 }
  }
}

/** Asks the program's API; fails with the answer's text on any error. */
export async function ask<Answer>(program: Program, path: string): Promise<Answer> {
  const response = await fetch(program.url + path)
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Answer
}

/** Polls until `holds` is true of the value, and returns it; fails with the last value seen. */
export async function until<Value>(
  read: () => Promise<Value>,
  holds: (value: Value) => boolean,
  waitMs = 20_000,
): Promise<Value> {
  const deadline = Date.now() + waitMs
  for (;;) {
    const value = await read().catch((error: unknown) => error as Value)
    if (!(value instanceof Error) && holds(value)) return value
    if (Date.now() > deadline)
      throw new Error(
        `not within ${waitMs} ms; last: ${value instanceof Error ? value.message : JSON.stringify(value).slice(0, 2000)}`,
      )
    await Bun.sleep(50)
  }
}

/** Waits until nothing is pending and the sums balance. */
export const settledLedger = (
  program: Program,
  received: number,
  waitMs?: number,
): Promise<Ledger> =>
  until(
    () => ask<Ledger>(program, '/api/v1/ledger'),
    (ledger) => ledger.received >= received && ledger.pending === 0 && ledger.balanced,
    waitMs,
  )
