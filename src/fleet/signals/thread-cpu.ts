// CPU time of each thread that packets pass through. A process of several threads may look idle while one
// of them is full: a socket is read by one thread, and one thread writes to the database.
import { readdirSync, readFileSync } from 'node:fs'

/** CPU milliseconds since the thread began, by its name; `main` is the first. */
export type ThreadCpu = ReadonlyMap<string, number>

// Compilers and collectors of the runtime help whoever is busy; merging gives way by itself.
const OURS = /^(writer|streams|udp-\d+)$/
/** The kernel's clock tick, 100 a second on every Linux that programs see. */
const TICK_MS = 10

/** Empty where there is no /proc. */
export function readThreadCpu(proc = '/proc/self'): ThreadCpu {
  const threads = new Map<string, number>()
  try {
    const pid = /^\d+/.exec(readFileSync(`${proc}/stat`, 'utf8'))?.[0]
    for (const id of readdirSync(`${proc}/task`)) {
      const stat = statOf(`${proc}/task/${id}/stat`)
      const name = id === pid ? 'main' : stat?.name
      if (stat && name && (name === 'main' || OURS.test(name)))
        threads.set(name, (threads.get(name) ?? 0) + stat.ticks * TICK_MS)
    }
  } catch {
    return new Map()
  }
  return threads
}

/** Name and user + system time; the name stands in brackets and may hold anything. */
function statOf(path: string): { readonly name: string; readonly ticks: number } | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
      ticks: Number(fields[11]) + Number(fields[12]),
    }
  } catch {
    return undefined // the thread ended meanwhile
  }
}
