// The database that comes with calliope: a real PostgreSQL server of our own, on loopback, started,
// watched and stopped by us.
//
//   startEmbedded ─▶ find programs ─▶ find account ─▶ open data directory (initdb)
//                 ─▶ stop a left-over server ─▶ start ─▶ ready ─▶ make role and database
//                                                 ▲          │
//                                                 └─ back-off ◀─ it exits unasked
//
// The URL stays the same across restarts, so pools simply connect again. Crash recovery is
// PostgreSQL's own: what was committed is there.
import { resolve } from 'node:path'
import { log as rootLog } from '#log'
import { findAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { makeDirectory, openCluster } from './cluster.ts'
import { clearPidFile, type Ownership, stopLeftover, takeOwnership } from './leftover.ts'
import { freePort, type Installation, type ServerRun, startServer } from './server.ts'
import type { ServerSettings } from './server-settings.ts'

const log = rootLog.child({ room: 'store', part: 'embedded-postgres' })

const RESTART_MS_MIN = 100
const RESTART_MS_MAX = 10_000
/** A server that ran this long was healthy: the next restart is immediate again. */
const HEALTHY_MS = 60_000
const PORTS_TRIED_MAX = 5

export interface EmbeddedOptions {
  /** Where its files are, usually DATA_DIR/postgres; relative to where we run. Made when missing. */
  readonly directory: string
  /** Folder of initdb and postgres. @default CALLIOPE_POSTGRES_BIN, the npm package, PATH … */
  readonly programs?: string
  /** PostgreSQL settings that replace ours. @default none */
  readonly settings?: ServerSettings
}

export interface EmbeddedServer {
  /** For `connect`, with a role that owns its database and nothing else. Contains the password. */
  readonly url: string
  /** 'PostgreSQL 18.4' */
  readonly version: string
  /** Of the running server; changes when it had to be restarted. */
  readonly pid: number
  /** How often it ended unasked and was started again. */
  readonly restarts: number
  /** Between ending unasked and running again. */
  readonly isDown: boolean
  /** Shuts the server down and waits for it. Safe to call twice. */
  stop(): Promise<void>
}

/** The embedded database cannot be had; the message says why and what to do. */
export class EmbeddedError extends Error {
  override name = 'EmbeddedError'
  readonly code = 'EMBEDDED_DATABASE'
}

/** Starts the embedded PostgreSQL server, making its data directory at the first time. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  try {
    return await start(options)
  } catch (error) {
    if (isOfSystem(error)) {
      throw new EmbeddedError(
        `the embedded database cannot use ${options.directory} (${error.message}): name a --data-dir ` +
          'this user may write to, or a server of your own with --database postgres://…',
        { cause: error },
      )
    }
    // What we threw ourselves is a sentence for people; anything else is for those who mend bugs.
    if (!(error instanceof Error) || error.constructor !== Error || 'code' in error) throw error
    throw new EmbeddedError(error.message, { cause: error })
  }
}

/** EROFS, EACCES, ENOSPC … of a file or directory. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'

async function start({
  directory: given,
  programs,
  settings = {},
}: EmbeddedOptions): Promise<EmbeddedServer> {
  const binaries = await findBinaries(programs)
  // Programs of PostgreSQL run in other folders than ours, where a relative path means another one.
  const directory = resolve(given)
  makeDirectory(directory)
  const account = findAccount(directory, binaries.postgres)
  const cluster = await openCluster(directory, binaries, account)
  if (await stopLeftover(cluster)) {
    log.warn({ directory }, 'a database server left over from a killed calliope was stopped')
  }
  const installation = { binaries, account, cluster, settings }
  const server = new SupervisedServer(installation, await startOnFreePort(installation))
  await server.prepare()
  return server
}

/** Between finding a free port and using it somebody else may take it. */
async function startOnFreePort(
  installation: Installation,
): Promise<{ run: ServerRun; port: number }> {
  for (let tried = 1; ; tried++) {
    const port = await freePort()
    try {
      return { run: await startServer(installation, port), port }
    } catch (error) {
      const isTaken = /could not bind|could not create any TCP/.test(String(error))
      if (!isTaken || tried === PORTS_TRIED_MAX) throw error
    }
  }
}

class SupervisedServer implements EmbeddedServer {
  readonly url: string
  readonly version: string
  restarts = 0
  isDown = false
  readonly #installation: Installation
  readonly #port: number
  #run: ServerRun
  #ownership: Ownership | undefined
  #stopping: Promise<void> | undefined
  #watching: Promise<void>
  readonly #abort = new AbortController()

  constructor(installation: Installation, { run, port }: { run: ServerRun; port: number }) {
    const { cluster, binaries } = installation
    this.url = `postgres://calliope:${cluster.credentials.password}@127.0.0.1:${port}/calliope?sslmode=disable`
    this.version = binaries.version.replace(/^postgres \(PostgreSQL\)/, 'PostgreSQL')
    this.#installation = installation
    this.#port = port
    this.#run = run
    this.#watching = this.#watch()
  }

  get pid(): number {
    return this.#run.pid
  }

  /** Marks the server as ours and sees to it that role and database exist. */
  async prepare(): Promise<void> {
    this.#ownership = await takeOwnership(this.#installation.cluster, this.#port)
    if (this.#ownership === undefined) throw new Error('another process took the database over')
    const { sql } = this.#ownership
    // A password of ours: letters, digits, - and _ only. Statements that take no parameters.
    const { password } = this.#installation.cluster.credentials
    const [role] = await sql`select 1 from pg_roles where rolname = 'calliope'`
    if (!role) await sql.unsafe(`create role calliope login password '${password}'`)
    // To know where the data lies, and by that how full its disk is; nothing else of it is secret.
    await sql.unsafe('grant pg_read_all_settings to calliope')
    const [database] = await sql`select 1 from pg_database where datname = 'calliope'`
    if (!database) await sql.unsafe('create database calliope owner calliope')
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown()
    return this.#stopping
  }

  async #shutDown(): Promise<void> {
    this.#abort.abort()
    await this.#ownership?.sql.close({ timeout: 0 })
    await this.#run.stop()
    await this.#watching
    await this.#run.stop() // one that was just being started again
  }

  /** Starts the server again whenever it ends unasked, for as long as we are wanted. */
  async #watch(): Promise<void> {
    let waitMs = RESTART_MS_MIN
    while (!this.#abort.signal.aborted) {
      const startedAt = Date.now()
      const reason = await this.#run.exited
      if (this.#abort.signal.aborted) return
      this.isDown = true
      if (Date.now() - startedAt > HEALTHY_MS) waitMs = RESTART_MS_MIN
      log.error({ reason, waitMs }, 'the embedded database ended unasked; starting it again')
      waitMs = await this.#restart(waitMs)
    }
  }

  /** Tries until it runs; returns what to wait the next time. */
  async #restart(firstWaitMs: number): Promise<number> {
    let waitMs = firstWaitMs
    while (!this.#abort.signal.aborted) {
      await Bun.sleep(waitMs)
      if (this.#abort.signal.aborted) break
      waitMs = Math.min(waitMs * 2, RESTART_MS_MAX)
      try {
        await this.#ownership?.sql.close({ timeout: 0 })
        await clearPidFile(this.#installation.cluster)
        this.#run = await startServer(this.#installation, this.#port)
        this.restarts += 1
        this.#ownership = await takeOwnership(this.#installation.cluster, this.#port)
        this.isDown = false
        break
      } catch (error) {
        if (this.#abort.signal.aborted) break
        log.error({ error: String(error), waitMs }, 'the embedded database did not start')
      }
    }
    return waitMs
  }
}
