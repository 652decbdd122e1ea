// What a run shows while it runs, and what is left of it.
import type { Fleet, Ledger } from '#contract'
import type { Account } from './account.ts'
import type { BalancerCounts } from './balancer.ts'
import type { CaptureProcess } from './capture-process.ts'
import type { FleetEventSeen } from './local-fleet.ts'

/** The run as of now. */
export interface RunView {
  readonly seconds: number
  readonly url: string
  readonly nodes: readonly CaptureProcess[]
  readonly ticks: readonly Tick[]
  readonly happenings: readonly Happening[]
  readonly balancer: BalancerCounts
  readonly sent: number
  readonly ledger: Ledger
  readonly phase: 'starting' | 'running' | 'settling'
}

/** One look at the fleet. */
export interface Tick {
  readonly seconds: number
  readonly sent: number
  /** Sent per second, over the last second. */
  readonly offered: number
  readonly ready: number
  /** Started and not yet gone. */
  readonly paid: number
  readonly wanted: number
  readonly spoolAgeSeconds: number
  readonly busiest: number
}

export interface Happening {
  readonly seconds: number
  readonly kind: FleetEventSeen['kind'] | 'scaled'
  readonly text: string
}

export interface RunResult {
  readonly ticks: readonly Tick[]
  readonly happenings: readonly Happening[]
  readonly account: Account
  readonly balancer: BalancerCounts
  readonly exitCodes: readonly number[]
  /** From its start until the balancer sent it traffic: the first node. */
  readonly bootSeconds: number
  /** What the screen's fleet page was given at the end. */
  readonly fleet: Fleet
}
