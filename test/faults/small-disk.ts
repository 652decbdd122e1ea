// A disk that is small enough to fill: a tmpfs. Mounting one takes root (or CAP_SYS_ADMIN); where it
// cannot be had, `smallDisk` says loudly what is not tested.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const BALLAST_BYTES = 64 * 1024

export interface SmallDisk extends Disposable {
  /** Takes all the space that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
}

/** Mounts one at `directory`; undefined where that is not allowed. */
export function smallDisk(directory: string, mebibytes: number): SmallDisk | undefined {
  mkdirSync(directory, { recursive: true })
  const options = `size=${mebibytes}m,mode=0755`
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  if (status !== 0) {
    process.stderr.write('\nNOT TESTED: a full disk (mounting a tmpfs takes root)\n')
    return undefined
  }
  const ballast = join(directory, 'ballast')
  return {
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]: () => void spawnSync('umount', ['-l', directory]),
  }
}

function fill(path: string): void {
  const fd = openSync(path, 'a')
  try {
    // Whole pieces first, then what is left of the last pages.
    for (const bytes of [BALLAST_BYTES, 4096, 1]) writeUntilFull(fd, Buffer.alloc(bytes))
  } finally {
    closeSync(fd)
  }
}

function writeUntilFull(fd: number, piece: Buffer): void {
  try {
    while (writeSync(fd, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
