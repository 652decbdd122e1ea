// What scripts print and how they fail comes with every packet, and a log that holds all of it is a log
// nobody reads: of each level one line in ten seconds, with how many there were between.
import type { Log } from '#log'

const EVERY_MS = 10_000

export class SeldomLog {
  readonly #log: Pick<Log, 'error' | 'info' | 'debug'>
  readonly #nextMs = new Map<string, number>()
  readonly #unsaid = new Map<string, number>()

  constructor(log: Pick<Log, 'error' | 'info' | 'debug'>) {
    this.#log = log
  }

  say(level: string, text: string): void {
    const now = performance.now()
    if (now < (this.#nextMs.get(levelOf(level)) ?? 0)) {
      this.#unsaid.set(levelOf(level), (this.#unsaid.get(levelOf(level)) ?? 0) + 1)
      return
    }
    const unsaid = this.#unsaid.get(levelOf(level)) ?? 0
    this.#nextMs.set(levelOf(level), now + EVERY_MS)
    this.#unsaid.delete(levelOf(level))
    this.#log[levelOf(level)]({ script: text, ...(unsaid > 0 ? { unsaid } : {}) }, 'a script says')
  }
}

function levelOf(level: string): 'error' | 'info' | 'debug' {
  if (level === 'ERROR') return 'error'
  return level === 'INFO' ? 'info' : 'debug'
}
