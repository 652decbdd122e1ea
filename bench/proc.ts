// What a process costs, from Linux's own books: CPU time by thread (the kernel's work for it included),
// resident memory, a whole family of processes at once (PostgreSQL is many), and the whole machine.
// Reads nothing but /proc.
//
// A datagram over loopback is carried to the receiver's socket on the sender's account: what a network
// card's interrupt would cost the receiver is in the sender's kernel time here.
import { readdirSync, readFileSync } from 'node:fs'

const TICK_US = 10_000 // USER_HZ is 100 on every Linux that matters
const PAGE_BYTES = 4_096

export interface CpuTime {
  readonly userUs: number
  readonly kernelUs: number
}

/** CPU time by thread. */
export type ThreadCpu = ReadonlyMap<string, CpuTime>

const NONE: CpuTime = { userUs: 0, kernelUs: 0 }
const sum = (a: CpuTime, b: CpuTime): CpuTime => ({
  userUs: a.userUs + b.userUs,
  kernelUs: a.kernelUs + b.kernelUs,
})

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

const cpuOf = (fields: readonly string[]): CpuTime => ({
  userUs: Number(fields[11]) * TICK_US,
  kernelUs: Number(fields[12]) * TICK_US,
})

const cpuUs = (fields: readonly string[]): number => cpuOf(fields).userUs + cpuOf(fields).kernelUs

export function threadCpu(pid: number): ThreadCpu {
  const threads = new Map<string, CpuTime>()
  for (const tid of readdirSync(`/proc/${pid}/task`).map(Number)) {
    const stat = statOf(`/proc/${pid}/task/${tid}/stat`)
    if (stat === undefined) continue
    const key = tid === pid ? 'main' : roleOf(stat.name)
    threads.set(key, sum(threads.get(key) ?? NONE, cpuOf(stat.fields)))
  }
  return threads
}

/** Threads the runtime starts for itself; whatever else has a name is ours. */
function roleOf(name: string): string {
  if (/Collector|ollector Thread|^HeapHelper/.test(name)) return 'engine: collecting'
  if (/^JIT|^JSC/.test(name)) return 'engine: compiling'
  if (/^Bun Pool|^thread$|^mi-|^bun$|^Bundler|^File Watcher|^HTTP Client/.test(name))
    return 'engine: other'
  return name
}

/** CPU of a process, its children, and those of them that ended. */
export function familyCpuUs(parent: number): number {
  let total = 0
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = statOf(`/proc/${entry}/stat`)
    if (stat === undefined) continue
    const isParent = Number(entry) === parent
    if (isParent || Number(stat.fields[1]) === parent) total += cpuUs(stat.fields)
    if (isParent) total += (Number(stat.fields[13]) + Number(stat.fields[14])) * TICK_US
  }
  return total
}

/** What all cores did so far, idle time left out. */
export function machineCpuUs(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0]!
  const [user, nice, system, , , irq, softirq] = line.split(/\s+/).slice(1).map(Number)
  return (user! + nice! + system! + irq! + softirq!) * TICK_US
}

/** The most it ever was, however short. */
export function peakResidentBytes(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1_024
}

export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
}

/** Between two looks; threads that did nothing are left out, the busiest come first. */
export function cpuBetween(before: ThreadCpu, after: ThreadCpu): ThreadCpu {
  const used = [...after].map(([name, now]) => {
    const then = before.get(name) ?? NONE
    return [
      name,
      { userUs: now.userUs - then.userUs, kernelUs: now.kernelUs - then.kernelUs },
    ] as const
  })
  return new Map(
    used
      .filter(([, cpu]) => cpu.userUs + cpu.kernelUs > 0)
      .sort(([, a], [, b]) => b.userUs + b.kernelUs - a.userUs - a.kernelUs),
  )
}

export const totalUs = (threads: ThreadCpu): number =>
  [...threads.values()].reduce((total, { userUs, kernelUs }) => total + userUs + kernelUs, 0)

/** 'writer 5.81 (kernel 0.32), udp-0 3.10 (kernel 2.40)': microseconds per message. */
export function cpuText(threads: ThreadCpu, messages: number): string {
  return [...threads]
    .map(([name, { userUs, kernelUs }]) => ({
      name,
      us: (userUs + kernelUs) / Math.max(1, messages),
      kernel: kernelUs / Math.max(1, messages),
    }))
    .filter(({ us }) => us >= 0.01)
    .map(({ name, us, kernel }) => `${name} ${us.toFixed(2)} (kernel ${kernel.toFixed(2)})`)
    .join(', ')
}
