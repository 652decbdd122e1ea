// An embedded PostgreSQL with its real settings, for the time of a benchmark, and fresh databases in
// it: Calliope and its peers get the same server.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect, startEmbedded } from '#store'
import { temporaryDirectory } from '../test/program.ts'
import { familyCpuUs } from './proc.ts'

export interface BenchServer extends AsyncDisposable {
  readonly version: string
  /** A folder the server itself may write to. */
  readonly directory: string
  /** CPU of all PostgreSQL processes so far. */
  cpuUs(): number
  /** A fresh database owned by the role in its URL. */
  create(name: string): Promise<string>
  drop(name: string): Promise<void>
  /** Into a database as the one who may do anything. */
  administrator(database: string): SQL
  /** As an administrator restarts it: connections are cut, it shuts down and comes back. */
  restart(): void
}

let shared: Promise<BenchServer> | undefined

/** Starts one; a quick look uses one for all benchmarks, which saves half of its time. */
export async function startServer({ isQuick }: { isQuick: boolean }): Promise<BenchServer> {
  if (!isQuick) return await start()
  shared ??= start()
  return { ...(await shared), [Symbol.asyncDispose]: async () => {} }
}

/** Ends the one that a quick look shared. */
export async function stopSharedServer(): Promise<void> {
  await (await shared)?.[Symbol.asyncDispose]()
}

async function start(): Promise<BenchServer> {
  const directory = temporaryDirectory('calliope-bench-')
  const server = await startEmbedded({ directory: directory.path })
  const { superuserPassword } = JSON.parse(
    readFileSync(join(directory.path, 'credentials.json'), 'utf8'),
  ) as { superuserPassword: string }
  const administrator = (database: string): SQL => {
    const user = { username: 'postgres', password: superuserPassword, pathname: `/${database}` }
    return connect({ url: Object.assign(new URL(server.url), user).href, max: 1 })
  }
  const admin = administrator('postgres')
  return {
    version: server.version,
    directory: join(directory.path, 'data'),
    cpuUs: () => familyCpuUs(server.pid),
    create: async (name) => {
      await admin.unsafe(`create database ${name} owner calliope`)
      return Object.assign(new URL(server.url), { pathname: `/${name}` }).href
    },
    drop: async (name) => void (await admin.unsafe(`drop database ${name} with (force)`)),
    administrator,
    restart: () => process.kill(server.pid, 'SIGINT'), // "fast"; its keeper starts it again
    [Symbol.asyncDispose]: async () => {
      await admin.close({ timeout: 0 })
      await server.stop()
      directory[Symbol.dispose]()
    },
  }
}

/** Bytes of everything in the database that is not PostgreSQL's own, indexes included. */
export async function tableBytes(sql: SQL): Promise<number> {
  const [row] = await sql`
    select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r'`
  return row.bytes
}
