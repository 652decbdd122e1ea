// How full the disk of the database is, which PostgreSQL has no function for:
//
//   it runs on this machine      the file system of its data directory is asked
//   elsewhere                    `df` there, where the role may start programs: superusers, and nobody on RDS
//   else                         unknown, with the reason
import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { SQL } from 'bun'
import { log as rootLog } from '#log'
import { describeError } from './sql-state.ts'

const log = rootLog.child({ room: 'store', part: 'retention' })

const BYTES_PER_BLOCK = 1024
const WARN_AGAIN_MS = 3_600_000
let warnedMs = Number.NEGATIVE_INFINITY

/** As df has it: what is kept for root counts as neither. */
export interface DiskUsage {
  readonly usedBytes: number
  readonly freeBytes: number
}

/** Bytes above `percent` of the disk; 0 where that many are free, or where nobody knows: then the log says why. */
export async function bytesOverDisk(sql: SQL, percent: number): Promise<number> {
  if (percent === 0) return 0
  try {
    const { usedBytes, freeBytes } = await diskUsage(sql)
    return Math.max(0, Math.round(usedBytes - ((usedBytes + freeBytes) * percent) / 100))
  } catch (error) {
    if (performance.now() - warnedMs >= WARN_AGAIN_MS) {
      warnedMs = performance.now()
      log.warn(
        { error: describeError(error), percent },
        'how full the disk of the database is cannot be seen, so store.disk_percent does nothing: ' +
          'give store.bytes_max, or a role that may read data_directory and start programs',
      )
    }
    return 0
  }
}

/** Throws what PostgreSQL says when the role may not know. */
export async function diskUsage(sql: SQL): Promise<DiskUsage> {
  const [server] = (await sql`select current_setting('data_directory') as directory,
    coalesce(host(inet_server_addr()), '127.0.0.1') as address`) as {
    directory: string
    address: string
  }[]
  const { directory, address } = server!
  const isHere = address === '127.0.0.1' || address === '::1'
  if (!isHere || !existsSync(directory)) return await diskUsageThere(sql, directory)
  const { bsize, blocks, bfree, bavail } = await statfs(directory)
  return { usedBytes: (blocks - bfree) * bsize, freeBytes: bavail * bsize }
}

/** Asks `df` on the machine that the server runs on. */
export async function diskUsageThere(sql: SQL, directory: string): Promise<DiskUsage> {
  const quoted = `'${directory.replaceAll("'", `'\\''`)}'`
  const program = `df -Pk ${quoted}`.replaceAll("'", "''")
  const lines = (await sql.begin(async (tx) => {
    await tx`create temporary table disk_usage (line text) on commit drop`
    await tx.unsafe(
      `copy disk_usage from program '${program}' with (format csv, delimiter e'\\x01')`,
    )
    return await tx`select line from disk_usage`
  })) as { line: string }[]
  return parseDf(lines.map(({ line }) => line))
}

/** `df -P` as POSIX has it: Filesystem 1024-blocks Used Available Capacity Mounted on. */
export function parseDf(lines: readonly string[]): DiskUsage {
  for (const line of lines) {
    const [, used, free] = /\s\d+\s+(\d+)\s+(\d+)\s+\d+%\s/.exec(line) ?? []
    if (used === undefined) continue
    return { usedBytes: Number(used) * BYTES_PER_BLOCK, freeBytes: Number(free) * BYTES_PER_BLOCK }
  }
  throw new Error(`df answered with nothing known: ${lines.join(' | ').slice(0, 200)}`)
}
