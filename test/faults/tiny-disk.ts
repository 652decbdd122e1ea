// A disk of its own that can be filled: a tmpfs, where this machine lets us mount one (root).
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '../program.ts'

export interface TinyDisk extends Disposable {
  readonly path: string
  /** Takes all the room there is. */
  fill(): void
  /** Gives it back. */
  free(): void
}

/** Mounts one; undefined, with a loud word, where that is not allowed. */
export function tinyDisk(mebibytes: number): TinyDisk | undefined {
  const directory = temporaryDirectory('calliope-disk-')
  const path = join(directory.path, 'disk')
  mkdirSync(path)
  const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=1777`]
  const { exitCode, stderr } = Bun.spawnSync(['mount', ...options, 'tmpfs', path], {
    stderr: 'pipe',
  })
  if (exitCode !== 0) {
    console.warn(`NOT TESTED on a full disk: cannot mount one here (${stderr.toString().trim()})`)
    directory[Symbol.dispose]()
    return undefined
  }
  const ballast = join(path, 'ballast')
  return {
    path,
    fill: () => fillFile(ballast),
    free: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]: () => {
      Bun.spawnSync(['umount', '-l', path])
      directory[Symbol.dispose]()
    },
  }
}

function fillFile(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let bytes = 1 << 20; bytes >= 1; )
      try {
        if (writeSync(file, Buffer.alloc(bytes)) < bytes) bytes >>= 1
      } catch {
        bytes >>= 1
      }
  } finally {
    closeSync(file)
  }
}
