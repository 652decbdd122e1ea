// What a process costs, from Linux's own books: CPU time by thread, resident memory, and a whole
// family of processes at once (PostgreSQL is many). Reads nothing but /proc.
import { readdirSync, readFileSync } from 'node:fs'

const TICK_US = 10_000 // USER_HZ is 100 on every Linux that matters
const PAGE_BYTES = 4_096

/** CPU time in microseconds by thread. */
export type ThreadCpu = ReadonlyMap<string, number>

/** Fields of a stat file behind the name, which may hold blanks and brackets itself. */
function statOf(path: string): { name: string; fields: string[] } | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const end = text.lastIndexOf(')')
    return { name: text.slice(text.indexOf('(') + 1, end), fields: text.slice(end + 2).split(' ') }
  } catch {
    return undefined // it ended while we looked
  }
}

const cpuUs = (fields: readonly string[]) => (Number(fields[11]) + Number(fields[12])) * TICK_US

export function threadCpu(pid: number): ThreadCpu {
  const threads = new Map<string, number>()
  for (const tid of readdirSync(`/proc/${pid}/task`)
    .map(Number)
    .sort((a, b) => a - b)) {
    const stat = statOf(`/proc/${pid}/task/${tid}/stat`)
    if (stat === undefined) continue
    const key = tid === pid ? 'main' : roleOf(stat.name)
    threads.set(key, (threads.get(key) ?? 0) + cpuUs(stat.fields))
  }
  return threads
}

/** Our threads have names; the engine's own (garbage collection, compiling) are told as one. */
const roleOf = (name: string): string => (/^(writer|streams|udp-\d+)$/.test(name) ? name : 'engine')

/** CPU of a process, its children, and those of them that ended. */
export function familyCpuUs(parent: number): number {
  let sum = 0
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = statOf(`/proc/${entry}/stat`)
    if (stat === undefined) continue
    const isParent = Number(entry) === parent
    if (isParent || Number(stat.fields[1]) === parent) sum += cpuUs(stat.fields)
    if (isParent) sum += (Number(stat.fields[13]) + Number(stat.fields[14])) * TICK_US
  }
  return sum
}

export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
}

/** Microseconds between two looks, per message, by thread; threads that did nothing are left out. */
export function cpuPerMessage(before: ThreadCpu, after: ThreadCpu, messages: number): string {
  return [...after]
    .map(([name, us]) => ({ name, us: (us - (before.get(name) ?? 0)) / Math.max(1, messages) }))
    .filter(({ us }) => us >= 0.01)
    .map(({ name, us }) => `${name} ${us.toFixed(2)}`)
    .join(', ')
}
