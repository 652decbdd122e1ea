// People searching while traffic comes in: one question after another with a short rest, until stopped.
import { type Call, randomPath } from './questions.ts'

const REST_MS = 100

export interface SearchLoad {
  /** Seconds since it began, and what the answer took. */
  readonly answers: readonly (readonly [at: number, ms: number])[]
  /** Answers that were errors, as while the database is away. */
  readonly refused: number
  stop(): Promise<void>
}

export function startSearchLoad(url: string, calls: readonly Call[]): SearchLoad {
  const answers: [number, number][] = []
  const began = performance.now()
  let [isOver, refused] = [false, 0]
  const running = (async () => {
    while (!isOver) {
      const startedAt = performance.now()
      const isGood = await answered(url + randomPath(calls))
      if (isGood) answers.push([(startedAt - began) / 1_000, performance.now() - startedAt])
      else refused += 1
      await Bun.sleep(REST_MS)
    }
  })()
  return {
    answers,
    get refused() {
      return refused
    },
    stop: async () => {
      isOver = true
      await running
    },
  }
}

async function answered(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url)
    await answer.text()
    return answer.ok
  } catch {
    return false
  }
}
