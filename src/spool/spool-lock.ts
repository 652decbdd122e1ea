// One process a spool. The lock names its owner so that it dies with it: process id, when that
// process started, and which boot of the machine it was. A lock left behind by a kill -9 is taken
// over; the same process may open its spool again.
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { log } from '#log'
import { SpoolError } from './spool-error.ts'

interface LockOwner {
  readonly pid: number
  readonly host: string
  readonly boot: string
  readonly startedTicks: string
}

/** Takes the spool for this process or throws SPOOL_IN_USE; returns what gives it back. */
export function lockSpool(directory: string): () => void {
  const path = join(directory, 'spool.lock')
  const mine = JSON.stringify(ownerOf(process.pid))
  if (!createLock(path, mine)) {
    refuseIfHeld(directory, readOwner(path))
    unlinkIfThere(path)
    if (!createLock(path, mine)) refuseIfHeld(directory, readOwner(path))
  }
  return () => {
    if (readIfThere(path) === mine) unlinkIfThere(path)
  }
}

function refuseIfHeld(directory: string, owner: LockOwner | undefined): void {
  if (!owner || owner.pid === process.pid || !isAlive(owner)) return
  throw new SpoolError(
    'SPOOL_IN_USE',
    `${directory} is in use by process ${owner.pid} on ${owner.host}: stop that one, or give this one ` +
      'another data directory',
  )
}

// A link is made whole and by one process only, however many start at once.
function createLock(path: string, text: string): boolean {
  const temporary = `${path}-${crypto.randomUUID()}`
  try {
    writeFileSync(temporary, text)
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // On a full disk it is more useful to start and empty the spool than to hold its lock.
    log.warn({ room: 'spool', path, err: error }, 'could not lock the spool')
  } finally {
    unlinkIfThere(temporary)
  }
  return true
}

function readOwner(path: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

// Another machine's or an earlier boot's processes cannot be asked, and are taken for dead: a spool is
// a local directory, and a node that moved with its disk must start.
function isAlive(owner: LockOwner): boolean {
  const now = ownerOf(owner.pid)
  if (now.host !== owner.host || now.boot !== owner.boot) return false
  return now.startedTicks !== '' && now.startedTicks === owner.startedTicks
}

const ownerOf = (pid: number): LockOwner => ({
  pid,
  host: hostname(),
  boot: readIfThere('/proc/sys/kernel/random/boot_id').trim(),
  startedTicks: startedTicks(pid),
})

// Field 22 of /proc/PID/stat, counted behind the name, which may hold anything.
function startedTicks(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
