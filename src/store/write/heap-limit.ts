// Keeps the writer's heap small. Nearly everything it makes dies with its batch, all at once; left to
// itself the engine lets several batches pile up before it looks, and then keeps the room. Collecting
// when a batch has just died costs little, since there is hardly anything alive to look at: the
// figures are in docs/decisions/0009.
import { fullGC } from 'bun:jsc'

/** Of records between two collections: a full batch. 8 MiB cost 18 MB more and 1 µs a message less. */
const RECORD_BYTES_MAX = 4 * 1024 * 1024

export class HeapLimit {
  #bytes = 0

  /** To be told when a batch is over and done with, and how large its records were. */
  passed(recordBytes: number): void {
    this.#bytes += recordBytes
    if (this.#bytes < RECORD_BYTES_MAX) return
    this.#bytes = 0
    fullGC()
  }
}
