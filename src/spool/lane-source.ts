// A lane's files as a reader sees them, while somebody else writes and deletes them. Whether a file
// is finished is asked before its size: a file with a successor never grows, so what its size says
// then is final.
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { laneFileName, listLaneFiles } from './lane-files.ts'
import { readAround } from './read-around.ts'

export class LaneSource {
  readonly #laneDir: string
  #file = 0
  #fd: number | undefined

  constructor(laneDir: string) {
    this.#laneDir = laneDir
  }

  get files(): number[] {
    return listLaneFiles(this.#laneDir)
  }

  /**
   * The next file there is; nearly always its number is one higher. A listing taken while files are
   * made may have a later one and not the one before; the second listing then has both.
   */
  following(file: number): number | undefined {
    if (existsSync(join(this.#laneDir, laneFileName(file + 1)))) return file + 1
    if (!this.files.some((other) => other > file)) return undefined
    return this.files.find((other) => other > file)
  }

  /** Bytes of a file as it stands; undefined when it is gone. */
  bytesOf(file: number): number | undefined {
    const fd = this.#open(file)
    return fd === undefined ? undefined : fstatSync(fd).size
  }

  /**
   * Up to `bytes` from `offset` on, shorter at the end of the file: in `into` when they fit there, else
   * in a buffer of their own.
   */
  read(file: number, offset: number, bytes: number, into?: Buffer): Buffer {
    const fd = this.#open(file)
    if (fd === undefined) return Buffer.alloc(0)
    const fits = into !== undefined && bytes <= into.length
    const buffer = fits ? into.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes)
    return buffer.subarray(0, readAround(fd, buffer, offset))
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #open(file: number): number | undefined {
    if (this.#fd !== undefined && this.#file === file) return this.#fd
    this.close()
    try {
      this.#fd = openSync(join(this.#laneDir, laneFileName(file)), 'r')
      this.#file = file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    return this.#fd
  }
}
