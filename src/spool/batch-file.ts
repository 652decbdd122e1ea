// A file under the writer's hand: whole batches or nothing. A write that fails or stops short is cut
// off again, so that the file ends where its last whole batch does, and the file is left: a new one
// may work where this one does not (a file size limit, a bad block). When even the cut fails the
// reader steps over the torn tail.
import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs'

export class BatchFile {
  readonly path: string
  readonly #fd: number
  #bytes = 0
  #spoiled = false
  #syncsRunning = 0
  #closeWanted = false
  #closed = false

  /** Makes the file; there must be none of that name. */
  constructor(path: string) {
    this.path = path
    this.#fd = openSync(path, 'wx', 0o640)
  }

  /** End of the last whole batch. */
  get bytes(): number {
    return this.#bytes
  }

  /** True when nothing more may be added. */
  get spoiled(): boolean {
    return this.#spoiled
  }

  /** Writes a sealed batch, or throws and leaves the file as it was, spoiled. */
  write(buffer: Buffer, bytes: number): void {
    try {
      this.#writeAll(buffer, bytes)
      this.#bytes += bytes
    } catch (error) {
      this.#cutBack()
      throw error
    }
  }

  /** Nothing may be added any more: what stands behind the last batch is unknown. */
  spoil(): void {
    this.#spoiled = true
  }

  /** Resolves when everything written before is on the disk. */
  sync(): Promise<void> {
    this.#syncsRunning++
    return new Promise((resolve, reject) =>
      fdatasync(this.#fd, (error) => {
        this.#syncsRunning--
        if (this.#closeWanted) this.close()
        error ? reject(error) : resolve()
      }),
    )
  }

  /** Closes it, or sees that the last sync still running does: its number must not be reused before. */
  close(): void {
    if (this.#syncsRunning > 0) {
      this.#closeWanted = true
      return
    }
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#fd)
  }

  // A short write is not an error by itself: the next one says why (ENOSPC), or goes through.
  #writeAll(buffer: Buffer, bytes: number): void {
    let done = 0
    while (done < bytes) {
      const written = writeSync(this.#fd, buffer, done, bytes - done, this.#bytes + done)
      if (written <= 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' })
      done += written
    }
  }

  #cutBack(): void {
    this.#spoiled = true
    try {
      ftruncateSync(this.#fd, this.#bytes)
    } catch {} // the reader finds the torn tail and steps over it
  }
}
