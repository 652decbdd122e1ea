// Keeps the writer's heap small. Nearly everything it makes dies with its batch, all at once; left to
// itself the engine lets several batches pile up before it looks, and then keeps the room. Collecting
// when a batch has just died costs little, since there is hardly anything alive to look at: the
// figures are in docs/decisions/0009. Bun.gc also makes the allocator give back the pages that became free,
// which fullGC of bun:jsc does not: 8 MB at the peak. While the spool is far behind, the batches it takes to
// catch up count for more than memory, and it looks less often.

/** Of records between two collections: a full batch. */
const RECORD_BYTES_MAX = 4 * 1024 * 1024
/** The same while behind: 22 MB more resident, 1 to 2 µs a message less on all threads together. */
const BEHIND_BYTES_MAX = 4 * RECORD_BYTES_MAX
const BEHIND_MS = 15_000

export class HeapLimit {
  #bytes = 0

  /** To be told when a batch is over and done with, how large its records were, and how old. */
  passed(recordBytes: number, ageMs: number): void {
    this.#bytes += recordBytes
    if (this.#bytes < (ageMs > BEHIND_MS ? BEHIND_BYTES_MAX : RECORD_BYTES_MAX)) return
    this.#bytes = 0
    Bun.gc(true)
  }
}
