// Real databases for faults: one of the user's that can be stopped, killed, frozen and started again
// at the same address, and the way into the embedded one of a running or killed program.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect, startEmbedded } from '#store'
import { findAccount } from '../../src/store/postgres/account.ts'
import { findBinaries } from '../../src/store/postgres/binaries.ts'
import { openCluster } from '../../src/store/postgres/cluster.ts'
import {
  freePort,
  type Installation,
  readPidFile,
  type ServerRun,
  startServer,
} from '../../src/store/postgres/server.ts'
import type { ServerSettings } from '../../src/store/postgres/server-settings.ts'
import { temporaryDirectory } from '../program.ts'
import { processTree, signalAll } from './processes.ts'

/** A PostgreSQL server of the user's, at an address that stays. */
export interface UserServer extends AsyncDisposable {
  /** An empty database, whose owner may do nothing else. */
  freshDatabase(): Promise<UserDatabase>
  /** Shuts it down as its administrator would. */
  stop(): Promise<void>
  /** Holds all its processes: it is reachable and says nothing. */
  freeze(): Promise<void>
  thaw(): void
  /** Starts it again, at the same address. */
  start(): Promise<void>
}

export interface UserDatabase {
  readonly url: string
  /** For looking at what is in it; connects again after a restart. */
  readonly sql: SQL
}

/** Starts one in `directory`, or in a temporary one. */
export async function userServer({
  directory,
  settings = {},
}: {
  directory?: string
  settings?: ServerSettings
} = {}): Promise<UserServer> {
  const temporary = directory ? undefined : temporaryDirectory('calliope-database-')
  const home = directory ?? temporary!.path
  const first = await startEmbedded({ directory: home, settings }) // makes the role
  await first.stop()
  const binaries = await findBinaries()
  const account = findAccount(home, binaries.postgres)
  const cluster = await openCluster(home, binaries, account)
  const port = await freePort()
  return new StartedServer({ binaries, account, cluster, settings }, port, first.url, temporary)
}

class StartedServer implements UserServer {
  readonly #installation: Installation
  readonly #port: number
  readonly #url: URL
  readonly #temporary: Disposable | undefined
  readonly #pools: SQL[] = []
  #databases = 0
  #run: Promise<ServerRun>
  #frozen: readonly number[] = []

  constructor(
    installation: Installation,
    port: number,
    url: string,
    temporary: Disposable | undefined,
  ) {
    this.#installation = installation
    this.#port = port
    this.#url = Object.assign(new URL(url), { port: String(port) })
    this.#temporary = temporary
    this.#run = startServer(installation, port)
  }

  async freshDatabase(): Promise<UserDatabase> {
    await this.#run
    const name = `faults_${++this.#databases}`
    const admin = { username: 'postgres', pathname: '/postgres' }
    const password = this.#installation.cluster.credentials.superuserPassword
    const adminUrl = Object.assign(new URL(this.#url), { ...admin, password })
    const administrator = connect({ url: adminUrl.href, max: 1 })
    await administrator.unsafe(`create database ${name} owner calliope`)
    await administrator.close({ timeout: 0 })
    const url = Object.assign(new URL(this.#url), { pathname: `/${name}` }).href
    const sql = connect({ url, max: 2 })
    this.#pools.push(sql)
    return { url, sql }
  }

  async stop(): Promise<void> {
    await (await this.#run).stop()
  }

  async start(): Promise<void> {
    this.#run = startServer(this.#installation, this.#port)
    await this.#run
  }

  async freeze(): Promise<void> {
    this.#frozen = processTree((await this.#run).pid)
    signalAll(this.#frozen, 'SIGSTOP')
  }

  thaw(): void {
    signalAll(this.#frozen, 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw()
    for (const sql of this.#pools) await sql.close({ timeout: 0 })
    await this.stop()
    this.#temporary?.[Symbol.dispose]()
  }
}

const postgresIn = (dataDirectory: string): string => join(dataDirectory, 'postgres')

/** All processes of the embedded server of a data directory, by its pid file. */
export function embeddedProcesses(dataDirectory: string): readonly number[] {
  const postmaster = readPidFile(join(postgresIn(dataDirectory), 'data'))?.pid
  return postmaster === undefined ? [] : processTree(postmaster)
}

/** Into the embedded database of a running program. */
export function connectEmbedded(dataDirectory: string): SQL {
  const { password } = JSON.parse(
    readFileSync(join(postgresIn(dataDirectory), 'credentials.json'), 'utf8'),
  ) as { password: string }
  const { port } = readPidFile(join(postgresIn(dataDirectory), 'data'))!
  return connect({ url: `postgres://calliope:${password}@127.0.0.1:${port}/calliope`, max: 2 })
}
