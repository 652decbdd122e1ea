// What a running program shows of itself, looked at once a second: counters, memory, and whether the
// ledger balances at that moment.
import type { Ledger } from '#contract'
import type { Capture } from './capture.ts'
import { residentBytes } from './proc.ts'

export interface Sample {
  /** Seconds since the watch began. */
  readonly at: number
  readonly received: number
  readonly stored: number
  readonly spoolAgeSeconds: number
  readonly backlogBytes: number
  readonly residentBytes: number
}

export interface Watch {
  readonly samples: readonly Sample[]
  /** Ledgers that did not balance. */
  readonly unbalanced: readonly Ledger[]
  readonly ledgers: number
  stop(): Promise<void>
}

const EVERY_MS = 1_000

export function watchProgram(capture: Capture): Watch {
  const samples: Sample[] = []
  const unbalanced: Ledger[] = []
  const began = performance.now()
  let [isOver, ledgers] = [false, 0]
  const running = (async () => {
    while (!isOver) {
      const at = (performance.now() - began) / 1_000
      await look(at).catch(() => undefined) // a busy program that answers late is a gap in the graph
      await Bun.sleep(Math.max(0, EVERY_MS - (performance.now() - began - at * 1_000)))
    }
  })()

  async function look(at: number): Promise<void> {
    const counts = await capture.counts()
    samples.push({ ...{ at, ...counts }, residentBytes: residentBytes(capture.pid) })
    const answer = await fetch(`${capture.program.url}/api/v1/ledger`)
    if (!answer.ok) return // 503 while the database restarts
    const ledger = (await answer.json()) as Ledger
    ledgers += 1
    if (!ledger.balanced) unbalanced.push(ledger)
  }

  return {
    samples,
    unbalanced,
    get ledgers() {
      return ledgers
    },
    stop: async () => {
      isOver = true
      await running
    },
  }
}
