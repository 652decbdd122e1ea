// How the embedded server is set up. Given on its command line, so that a new version's settings
// hold at the next start and nobody has to edit postgresql.conf.
//
// Chosen for a machine that does something else as well: 128 MB of shared buffers (the rest is left
// to the file cache), commits that wait for the disk, and room in the write-ahead log so that
// checkpoints come by the clock and not by volume. bench/store.ts measures them.
import { availableParallelism } from 'node:os'

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '', // one way in, and it asks for a password
  max_connections: '40',
  shared_buffers: '128MB',
  wal_buffers: '16MB',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  synchronous_commit: 'on',
  jit: 'off', // compiling costs more than our short queries take
  random_page_cost: '1.1', // solid-state disks
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
} as const

/**
 * Helpers of one search through much, as for `to:*1234`: without, such a search takes one core and not all of a
 * small machine. Two cores, 140,000/s for three minutes, a search every 100 ms: the rest was stored 163 s after
 * the last with none and 221 s with two; the slowest searches took 1.1 s instead of 0.9.
 */
const CORES_PER_HELPER = 4
const HELPERS_MAX = 2
const helpersOfASearch = (cores: number): number =>
  Math.min(HELPERS_MAX, Math.floor(cores / CORES_PER_HELPER))

/** Linux can flush the whole file system at once before recovery: 0.1 s and not 1.3 s. */
const LINUX_SETTINGS = { recovery_init_sync_method: 'syncfs' } as const

export type ServerSettings = Readonly<Record<string, string>>

/** Command-line arguments for `postgres`; `extra` settings replace ours. */
export function serverArguments(
  dataDirectory: string,
  port: number,
  extra: ServerSettings,
): string[] {
  const linux = process.platform === 'linux' ? LINUX_SETTINGS : {}
  const settings = Object.entries({
    ...SETTINGS,
    max_parallel_workers_per_gather: String(helpersOfASearch(availableParallelism())),
    ...linux,
    ...extra,
  })
  const options = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', dataDirectory, '-p', String(port), ...options]
}
