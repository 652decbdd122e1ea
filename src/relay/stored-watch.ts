// Waits until what a node has on its disk is in the database too, for nodes whose disks go with them
// (Fargate). A node says with each parcel how many frames its lane holds now, and, when asked, how many of
// those its store has passed. One question to each node, however many parcels wait:
//
//   parcel ─▶ "on disk, the lane holds 51,550"          asked every 200 ms: "passed 51,200" … "passed 51,700": stored
//
// A node that comes back with another spool has lost them; one that stays silent is waited for as long as
// one in doubt is. Both times the answer is no, and the parcel goes on as one in doubt.

/** Where a parcel's frames are before. */
export interface Place {
  readonly spool: string
  readonly frames: number
}

export interface Progress {
  readonly spool: string
  readonly passedFrames: number
}

interface Waiter extends Place {
  readonly settle: (stored: boolean) => void
}

const ASK_MS = 200

export class StoredWatch {
  readonly #ask: (target: string) => Promise<Progress>
  readonly #silentMsMax: number
  readonly #waiting = new Map<string, Set<Waiter>>()
  readonly #closing = new AbortController()

  constructor(ask: (target: string) => Promise<Progress>, silentMsMax: number) {
    this.#ask = ask
    this.#silentMsMax = silentMsMax
  }

  /** True when it is stored, false when nobody can tell any more. */
  wait(target: string, place: Place): Promise<boolean> {
    return new Promise((settle) => {
      const waiter = { ...place, settle }
      const known = this.#waiting.get(target)
      if (known) return known.add(waiter)
      const waiters = new Set([waiter])
      this.#waiting.set(target, waiters)
      void this.#watch(target, waiters)
    })
  }

  close(): void {
    this.#closing.abort()
  }

  // Until nobody waits for this target any more.
  async #watch(target: string, waiters: Set<Waiter>): Promise<void> {
    let heardMs = performance.now()
    while (waiters.size > 0 && !this.#closing.signal.aborted) {
      await Bun.sleep(ASK_MS)
      const progress = await this.#ask(target).catch(() => undefined)
      if (progress) heardMs = performance.now()
      const isLost = performance.now() - heardMs > this.#silentMsMax
      for (const waiter of waiters) {
        const stored = isLost ? false : progress && isStored(waiter, progress)
        if (stored !== undefined && waiters.delete(waiter)) waiter.settle(stored)
      }
    }
    this.#waiting.delete(target)
    for (const { settle } of waiters) settle(false)
  }
}

/** Undefined: not yet. */
function isStored({ spool, frames }: Place, progress: Progress): boolean | undefined {
  if (progress.spool !== spool) return false
  return progress.passedFrames >= frames ? true : undefined
}
