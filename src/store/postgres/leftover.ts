// A server that is still running in our data directory when we start. Either another calliope uses
// it (then we must not touch it), or its calliope was killed and it was left over: stop it properly,
// then start our own, so that there is one way of starting, watching and stopping.
//
// The two are told apart by a lock: whoever runs the server holds a session-level advisory lock on it
// for as long as it lives. Process ids would lie: they are used again, in containers at once.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SQL } from 'bun'
import type { Cluster } from './cluster.ts'
import { readPidFile } from './server.ts'

/** Of the session that belongs to the owner of the server; any constant nobody else uses. */
const OWNER_LOCK = 0x0ca1_110e
const STOP_MS_MAX = 60_000
const ORPHANS_MS_MAX = 10_000

/** The session that marks the server as ours for as long as it lives. */
export interface Ownership {
  readonly sql: SQL
}

/** Makes the server ours; undefined when it is another's. */
export async function takeOwnership(
  cluster: Cluster,
  port: number,
): Promise<Ownership | undefined> {
  const sql = new SQL({
    hostname: '127.0.0.1',
    port,
    username: 'postgres',
    password: cluster.credentials.superuserPassword,
    database: 'postgres',
    tls: 'disable',
    max: 1,
    connection: { application_name: 'calliope owner' },
  })
  try {
    const [row] = await sql`select pg_try_advisory_lock(${OWNER_LOCK}) as taken`
    if (row.taken) return { sql }
    await sql.close({ timeout: 0 })
    return undefined
  } catch (error) {
    await sql.close({ timeout: 0 })
    throw error
  }
}

/** Stops a server nobody owns any more; throws when somebody does. Returns whether there was one. */
export async function stopLeftover(cluster: Cluster): Promise<boolean> {
  const isRunning = await stopPostmaster(cluster)
  await clearPidFile(cluster)
  return isRunning
}

/**
 * Waits until the last process of a server that died has gone, then removes its pid file. PostgreSQL
 * takes any living process with that id for a server and does not start: also a zombie nobody
 * waits for, and whatever got the same number after a reboot.
 */
export async function clearPidFile({ dataDirectory }: Cluster): Promise<void> {
  if (process.platform !== 'linux' || readPidFile(dataDirectory) === undefined) return
  const giveUpAt = Date.now() + ORPHANS_MS_MAX
  while (isInUse(dataDirectory)) {
    if (Date.now() > giveUpAt) return // PostgreSQL will say what is in its way
    await Bun.sleep(10)
  }
  rmSync(join(dataDirectory, 'postmaster.pid'), { force: true })
}

/** All processes of a server work in its data directory. */
function isInUse(dataDirectory: string): boolean {
  const path = realpathSync(dataDirectory)
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === path
    } catch {
      return false // gone, a zombie, or another user's
    }
  })
}

async function stopPostmaster(cluster: Cluster): Promise<boolean> {
  const found = readPidFile(cluster.dataDirectory)
  if (found === undefined || !isPostgres(found.pid)) return false
  if (found.isReady) await refuseIfOwned(cluster, found.port)
  process.kill(found.pid, 'SIGINT')
  const quitAt = Date.now() + STOP_MS_MAX
  let isQuitting = false
  while (isAlive(found.pid)) {
    if (Date.now() > quitAt && !isQuitting) {
      isQuitting = true
      process.kill(found.pid, 'SIGQUIT')
    }
    await Bun.sleep(10)
  }
  return true
}

async function refuseIfOwned(cluster: Cluster, port: number): Promise<void> {
  const ownership = await takeOwnership(cluster, port).catch(() => 'unreachable' as const)
  if (ownership === undefined) {
    throw new Error(
      `the database in ${cluster.directory} is in use by another calliope process. ` +
        'Stop that one first, or choose another --data-dir',
    )
  }
  if (ownership !== 'unreachable') await ownership.sql.close({ timeout: 0 })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Process ids are used again: only a PostgreSQL is stopped. */
function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return /postgres/.test(command.split('\0')[0] ?? '')
  } catch {
    return false
  }
}
