// Real databases for faults: one of the user's that can be stopped, killed, frozen and started again
// at the same address, and the way into the embedded one of a running or killed program.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect, startEmbedded } from '#store'
import { findAccount } from '../../src/store/postgres/account.ts'
import { findBinaries } from '../../src/store/postgres/binaries.ts'
import { openCluster } from '../../src/store/postgres/cluster.ts'
import { clearPidFile } from '../../src/store/postgres/leftover.ts'
import {
  freePort,
  readPidFile,
  type ServerRun,
  startServer,
} from '../../src/store/postgres/server.ts'
import type { ServerSettings } from '../../src/store/postgres/server-settings.ts'
import { temporaryDirectory } from '../program.ts'
import { processTree, signalAll } from './processes.ts'

/** A PostgreSQL server of the user's, with a database calliope may use. */
export interface UserDatabase extends AsyncDisposable {
  readonly url: string
  /** For looking at what is in it; connects again after a restart. */
  readonly sql: SQL
  /** Shuts it down as its administrator would. */
  stop(): Promise<void>
  /** SIGKILL to all its processes. */
  kill(): Promise<void>
  /** Holds all its processes: it is reachable and says nothing. */
  freeze(): void
  thaw(): void
  /** Starts it again, at the same address. */
  start(): Promise<void>
}

/** Starts one in `directory`, or in a temporary one. */
export async function userDatabase({
  directory,
  settings = {},
}: {
  directory?: string
  settings?: ServerSettings
} = {}): Promise<UserDatabase> {
  const temporary = directory ? undefined : temporaryDirectory('calliope-database-')
  const home = directory ?? temporary!.path
  const first = await startEmbedded({ directory: home, settings }) // makes role and database
  await first.stop()
  const binaries = await findBinaries()
  const account = findAccount(home, binaries.postgres)
  const cluster = await openCluster(home, binaries, account)
  const installation = { binaries, account, cluster, settings }
  const port = await freePort()
  const url = Object.assign(new URL(first.url), { port: String(port) }).href
  const sql = connect({ url, max: 2 })
  let run: ServerRun = await startServer(installation, port)
  let frozen: readonly number[] = []
  const database: UserDatabase = {
    url,
    sql,
    stop: () => run.stop(),
    kill: async () => {
      signalAll(processTree(run.pid), 'SIGKILL')
      await run.exited
      await clearPidFile(cluster)
    },
    freeze: () => {
      frozen = processTree(run.pid)
      signalAll(frozen, 'SIGSTOP')
    },
    thaw: () => signalAll(frozen, 'SIGCONT'),
    start: async () => {
      run = await startServer(installation, port)
    },
    [Symbol.asyncDispose]: async () => {
      database.thaw()
      await sql.close({ timeout: 0 })
      await run.stop()
      temporary?.[Symbol.dispose]()
    },
  }
  return database
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
