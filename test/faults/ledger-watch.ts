// Asks for the ledger again and again while a test does its worst: at every moment the sums balance,
// and what was received is never taken back.
import type { Ledger } from '#contract'

const PAUSE_MS = 15

export interface LedgerWatch {
  /** Where to ask from now on: another life of the program. */
  moveTo(url: string): void
  /** Ends it; how many answers it saw, and what was wrong with which. */
  stop(): Promise<{ readonly samples: number; readonly faults: readonly string[] }>
}

/** Begins at once. An answer that does not come (no server, 503) is no sample and no fault. */
export function watchLedger(url: string): LedgerWatch {
  const stopping = new AbortController()
  const faults: string[] = []
  let samples = 0
  let at = url
  let before: Ledger | undefined
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const now = await readLedger(at, stopping.signal)
      if (now !== undefined) {
        samples++
        faults.push(...faultsOf(before, now))
        before = now
      }
      await Bun.sleep(PAUSE_MS)
    }
  })()
  return {
    moveTo: (next) => {
      at = next
    },
    stop: async () => {
      stopping.abort()
      await running
      return { samples, faults }
    },
  }
}

async function readLedger(url: string, signal: AbortSignal): Promise<Ledger | undefined> {
  try {
    const answer = await fetch(`${url}/api/v1/ledger`, { signal })
    return answer.ok ? ((await answer.json()) as Ledger) : undefined
  } catch {
    return undefined
  }
}

function faultsOf(before: Ledger | undefined, now: Ledger): string[] {
  const { received, stored, pending, rejected, dropped } = now
  const sum = stored + pending + rejected.total + dropped.total
  return [
    ...(now.balanced && sum === received ? [] : [`does not balance: ${JSON.stringify(now)}`]),
    ...(pending >= 0 ? [] : [`pending is ${pending}`]),
    ...(before && received < before.received
      ? [`received went back from ${before.received} to ${received}`]
      : []),
    ...(before && stored < before.stored
      ? [`stored went back from ${before.stored} to ${stored}`]
      : []),
  ]
}
