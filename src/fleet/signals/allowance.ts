// What this process may use: a container's limits (cgroup v2, then v1), else the machine.
import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

export interface Allowance {
  readonly cpuCores: number
  readonly memoryBytes: number
}

/** Where the kernel shows limits; a parameter for tests. */
const CGROUPS = '/sys/fs/cgroup'

export function readAllowance(cgroups = CGROUPS): Allowance {
  return {
    cpuCores: Math.min(coresOf(cgroups) ?? Number.POSITIVE_INFINITY, availableParallelism()),
    memoryBytes: Math.min(memoryOf(cgroups) ?? Number.POSITIVE_INFINITY, totalmem()),
  }
}

function coresOf(cgroups: string): number | undefined {
  const [quota, period] = numbersIn(`${cgroups}/cpu.max`)
  if (quota !== undefined && period !== undefined) return quota / period
  const [old] = numbersIn(`${cgroups}/cpu/cpu.cfs_quota_us`)
  const [oldPeriod] = numbersIn(`${cgroups}/cpu/cpu.cfs_period_us`)
  return old !== undefined && old > 0 && oldPeriod ? old / oldPeriod : undefined
}

const memoryOf = (cgroups: string): number | undefined =>
  numbersIn(`${cgroups}/memory.max`)[0] ?? numbersIn(`${cgroups}/memory/memory.limit_in_bytes`)[0]

/** The numbers of a small file; 'max', and a file that is not there, are undefined. */
function numbersIn(path: string): (number | undefined)[] {
  try {
    return readFileSync(path, 'utf8')
      .trim()
      .split(/\s+/)
      .map((word) => (/^-?\d+$/.test(word) ? Number(word) : undefined))
  } catch {
    return []
  }
}
