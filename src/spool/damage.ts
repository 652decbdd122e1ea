// What a reader could not read, and the bytes of it, kept aside for people.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { log } from '#log'
import { DAMAGED_DIRECTORY, namesIn } from './lane-files.ts'

/** Frames that should be there and are not, or the other way round. */
export interface Loss {
  /**
   * `damaged`: their batch fails its checksum. `deleted`: their file is gone. `set-back`: the lane
   * lost its newest batches (a power failure) after we had read them: `frames` is how many were read
   * that the lane no longer knows of; none is missing.
   */
  readonly kind: 'damaged' | 'deleted' | 'set-back'
  readonly frames: number
  readonly file: number
  readonly offset: number
  readonly detail: string
}

const KEPT_BYTES_MAX = 16 * 1024 * 1024 // in all: enough to see what happened, never a second spool

/** Copies damaged bytes aside, once however many readers meet them, within a limit. */
export function keepDamaged(directory: string, name: string, bytes: Buffer): void {
  const damagedDir = join(directory, DAMAGED_DIRECTORY)
  try {
    mkdirSync(damagedDir, { recursive: true })
    const kept = namesIn(damagedDir).map((known) => statSync(join(damagedDir, known)).size)
    const left = KEPT_BYTES_MAX - kept.reduce((sum, size) => sum + size, 0)
    if (left <= 0) return
    writeFileSync(join(damagedDir, name), bytes.subarray(0, left), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    log.warn({ room: 'spool', name, err: error }, 'could not keep damaged spool bytes aside')
  }
}
