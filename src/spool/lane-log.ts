// The writing end of a lane: which file is written now, when the next begins, and what is on the
// disk for sure. Callers that want their frames safe share one fdatasync (group commit): whoever
// comes while one runs waits for the next, which then covers everybody who waited.
//
// A file that was left (full, or spoiled) is closed only after it was synced once more. When a sync
// fails, the kernel may have thrown the pages away and would call the next sync a success: so that
// file is never asked again, it is left for good, and what was in it counts as unsafe.
import { closeSync, existsSync, fsync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { BatchBuffer } from './batch-buffer.ts'
import { BatchFile } from './batch-file.ts'
import { laneFileName } from './lane-files.ts'

export class LaneLog {
  readonly #laneDir: string
  #nextFile: number
  #current: BatchFile | undefined
  #holdsRecords = false
  #left: BatchFile[] = []
  // Marks rising with every batch and every file; what is below `synced` is on the
  // disk, or was found not to be and told to whoever waited.
  #written = 0
  #synced = 0
  #syncStarted = 0
  #namesSynced = 0 // the names of files below this number are on the disk
  readonly #passes = new Set<Promise<void>>()
  #running: Promise<void> | undefined
  #queued: Promise<void> | undefined

  constructor(laneDir: string, firstFile: number) {
    this.#laneDir = laneDir
    this.#nextFile = firstFile
  }

  /** Bytes of the file being written; 0 when there is none. */
  get fileBytes(): number {
    return this.#current?.bytes ?? 0
  }

  /** True when the next batch needs a new file first: at the start, and after trouble. */
  get needsFile(): boolean {
    return this.#current === undefined || this.#current.spoiled
  }

  /** True when the file being written holds more than marks. */
  get holdsRecords(): boolean {
    return this.#holdsRecords
  }

  /** True when something was written since the last sync began. */
  get isUnsynced(): boolean {
    return this.#written > this.#syncStarted
  }

  /** True when somebody removed the file being written. */
  get isGone(): boolean {
    return this.#current !== undefined && !this.#current.spoiled && !existsSync(this.#current.path)
  }

  /** Nothing more goes into the file being written. */
  spoilFile(): void {
    this.#current?.spoil()
  }

  /** Leaves the file being written, if any, and begins the next. Throws when the disk refuses. */
  beginFile(): void {
    mkdirSync(this.#laneDir, { recursive: true })
    const begun = new BatchFile(join(this.#laneDir, laneFileName(this.#nextFile++)))
    if (this.#current) this.#left.push(this.#current)
    this.#current = begun
    this.#holdsRecords = false
    this.#written++
  }

  /** Adds a sealed batch, whole or not at all. Throws when the disk refuses. */
  write(batch: BatchBuffer): void {
    this.#current!.write(batch.buffer, batch.bytes)
    this.#written++
    this.#holdsRecords ||= batch.records > 0
  }

  /** Resolves when everything written before the call is on the disk; rejects when it may not be. */
  sync(): Promise<void> {
    if (this.#synced >= this.#written) return this.#others()
    if (!this.#running) return this.#start()
    this.#queued ??= this.#running.catch(() => {}).then(() => this.#start())
    return this.#queued
  }

  /** A sync nobody waits for; several may run at once, as a starved thread hears of none. */
  syncNow(): Promise<void> {
    const pass = this.#syncPass()
    this.#passes.add(pass)
    const done = () => this.#passes.delete(pass)
    pass.then(done, done)
    return pass
  }

  async #syncPass(): Promise<void> {
    const upTo = this.#written
    const left = this.#left
    const current = this.#current
    const begun = this.#nextFile
    this.#syncStarted = upTo
    try {
      await Promise.all([...left, ...(current ? [current] : [])].map((file) => file.sync()))
      if (this.#namesSynced < begun) await syncDirectory(this.#laneDir)
      this.#namesSynced = Math.max(this.#namesSynced, begun)
    } catch (error) {
      this.#abandon(current)
      throw error
    } finally {
      for (const file of left) file.close()
      this.#left = this.#left.filter((file) => !left.includes(file))
      this.#synced = Math.max(this.#synced, upTo)
    }
  }

  close(): void {
    for (const file of this.#left) file.close()
    this.#current?.close()
    this.#left = []
    this.#current = undefined
  }

  #abandon(file: BatchFile | undefined): void {
    file?.close()
    if (this.#current === file) this.#current = undefined
    this.#left = this.#left.filter((left) => left !== file)
  }

  #start(): Promise<void> {
    this.#queued = undefined
    this.#running = this.#syncWithOthers().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  // The kernel tells a write error to one of those who sync a file, so all of them must be heard.
  async #syncWithOthers(): Promise<void> {
    await this.syncNow()
    await this.#others()
  }

  async #others(): Promise<void> {
    const passes = await Promise.allSettled(this.#passes)
    for (const pass of passes) if (pass.status === 'rejected') throw pass.reason
  }
}

// A new file's name is only safe when its directory is.
async function syncDirectory(path: string): Promise<void> {
  const fd = openSync(path, 'r')
  try {
    await new Promise<void>((resolve, reject) =>
      fsync(fd, (error) => (error ? reject(error) : resolve())),
    )
  } finally {
    closeSync(fd)
  }
}
