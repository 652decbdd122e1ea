// One run of the embedded server: from starting the program to its exit. The supervisor in
// embedded.ts starts the next one.
//
// It leads a process group of its own: Ctrl-C in a terminal reaches us, and we empty the spool into a
// database that is still there. It writes to a file and not to a pipe, so it outlives us if we are
// killed; the next start finds it by its pid file and stops it (leftover.ts).
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { asUser } from './account.ts'
import type { PostgresBinaries } from './binaries.ts'
import { type Cluster, tellingLines } from './cluster.ts'
import { type ServerSettings, serverArguments } from './server-settings.ts'

/** Recovery after a crash replays at most max_wal_size: seconds. This is for slow disks. */
const START_MS_MAX = 300_000
const STOP_MS_MAX = 60_000
const NICE = 10 // as the writer's thread
const LOG_BYTES_MAX = 10 * 1024 * 1024

export interface ServerRun {
  readonly pid: number
  /** Resolves when the program has ended, with the reason in words. */
  readonly exited: Promise<string>
  /** Ends all sessions, writes everything out and waits for the exit. */
  stop(): Promise<void>
}

/** What one start of the server and the next have in common. */
export interface Installation {
  readonly binaries: PostgresBinaries
  readonly account: Account
  readonly cluster: Cluster
  readonly settings: ServerSettings
}

/** Starts the server and waits until it takes connections. */
export async function startServer(installation: Installation, port: number): Promise<ServerRun> {
  const { cluster } = installation
  const { child, logAt } = launch(installation, port)
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  const failed = exited.then((reason) => {
    const why = `PostgreSQL did not start in ${cluster.directory} (${reason})`
    throw new Error(`${why}: ${logSince(cluster, logAt)}`)
  })
  failed.catch(() => undefined)
  // Should we exit without stopping it (a second signal, an error of ours), it must not stay behind.
  const quit = () => void child.kill('SIGQUIT')
  process.once('exit', quit)
  void exited.then(() => process.off('exit', quit))
  await Promise.race([untilReady(cluster, child), failed])
  return { pid: child.pid!, exited, stop: () => stopProcess(child, exited) }
}

function launch(
  { binaries, account, cluster, settings }: Installation,
  port: number,
): { child: ChildProcess; logAt: number } {
  const { directory, dataDirectory, logFile } = cluster
  const isLarge = existsSync(logFile) && statSync(logFile).size > LOG_BYTES_MAX
  const log = openSync(logFile, isLarge ? 'w' : 'a', 0o600)
  const logAt = statSync(logFile).size
  const [command, ...args] = [
    ...account.prefix,
    binaries.postgres,
    ...serverArguments(dataDirectory, port, settings),
  ]
  const child = spawn(command!, args, {
    ...asUser(account),
    cwd: directory,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  stepBack(child)
  return { child, logAt }
}

// It shares the machine with the sockets: what is spooled can wait for it, a datagram waits for nobody.
function stepBack({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE)
  } catch {} // it has ended already; `exited` says why
}

/** The server says so in the eighth line of its pid file. Files can be watched, but not portably. */
async function untilReady({ dataDirectory }: Cluster, child: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + START_MS_MAX
  while (child.exitCode === null && child.signalCode === null) {
    const state = readPidFile(dataDirectory)
    if (state?.pid === child.pid && state?.isReady) return
    if (Date.now() > giveUpAt) throw new Error(`PostgreSQL not ready after ${START_MS_MAX} ms`)
    await Bun.sleep(5)
  }
  return new Promise(() => undefined) // the exit is reported by `failed`
}

async function stopProcess(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill('SIGINT') // fast: end sessions, write out, exit
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS_MAX)
  await exited
  clearTimeout(timer)
}

function logSince({ logFile }: Cluster, at: number): string {
  return tellingLines(readFileSync(logFile).subarray(at).toString('utf8')) || `see ${logFile}`
}

export interface PidFile {
  readonly pid: number
  readonly port: number
  readonly isReady: boolean
}

/** What postmaster.pid says; undefined when there is none or it is being written. */
export function readPidFile(dataDirectory: string): PidFile | undefined {
  try {
    const lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    const [pid, port] = [Number(lines[0]), Number(lines[3])]
    return pid > 0 ? { pid, port, isReady: lines[7]?.trim() === 'ready' } : undefined
  } catch {
    return undefined
  }
}

/** A port of 127.0.0.1 nobody uses at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
