// Keeps the writer's heap small. Nearly everything it makes dies with its batch, all at once; left to
// itself the engine lets several batches pile up before it looks, and then keeps the room. So it is told to
// look when a batch has just died, mostly at what was made since the last time (1.6 ms), now and then at
// everything (12 ms; docs/decisions/0031 has the figures). The quick look finds a batch dead only if nothing that
// is older points at it, dead or not: what a batch is put into must be made after the look before.
import { edenGC } from 'bun:jsc'

/** Of records between two looks: half a full batch, so that every full one is followed by a look. */
const RECORD_BYTES = 2 * 1024 * 1024
/** What lived through a quick look (a batch on its way to PostgreSQL) waits for a thorough one. */
const THOROUGH_EVERY = 8

export class HeapLimit {
  #bytes = 0
  #looks = 0

  /** To be told when a batch is over and done with, and how large its records were. */
  passed(recordBytes: number): void {
    this.#bytes += recordBytes
    if (this.#bytes < RECORD_BYTES) return
    this.#bytes = 0
    this.#looks += 1
    // Bun.gc makes the allocator give back the pages that became free, too: 8 MB at the peak.
    if (this.#looks % THOROUGH_EVERY === 0) Bun.gc(true)
    else edenGC()
  }
}
