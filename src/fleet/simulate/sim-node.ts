// One capture node in a simulation: where it stands in its life, what the balancer thinks of it, what
// flows through it, and what waits in its spool.
//
//   starting ──▶ running ──────────────▶ leaving ──▶ stopped       the node
//    none         initial ─▶ healthy ─▶ draining ─▶ gone           the balancer's target
//                              └─▶ unhealthy (reclaimed, not yet taken off)
import { WaitingLine } from './waiting-line.ts'

export type NodeKind = 'on-demand' | 'spot'
export type TargetState = 'none' | 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'gone'
/** Why a node goes, which is why packets sent to it afterwards are lost. */
export type LeaveCause = 'drain' | 'spot'

export class SimNode {
  readonly id: number
  readonly kind: NodeKind
  phase: 'starting' | 'running' | 'leaving' | 'stopped' = 'starting'
  target: TargetState = 'none'
  isListening = false
  /** Of the version before the one that is being deployed. */
  isOld = false
  leaveCause: LeaveCause = 'drain'
  readonly line = new WaitingLine()
  /** Share of all traffic that is pinned here. */
  share = 0

  // Rates of the present step, packets a second.
  offered = 0
  received = 0
  /** Received and put into the spool. */
  kept = 0
  stored = 0
  /** True when its own CPU, not the database, keeps it from storing more. */
  isCpuBound = false

  // Since the last sample.
  cpuSeconds = 0
  packets = 0
  dropped = 0
  sinceSeconds = 0

  constructor(id: number, kind: NodeKind) {
    this.id = id
    this.kind = kind
  }

  /** Takes new flows. */
  get isServing(): boolean {
    return this.target === 'healthy' && this.isListening
  }

  /** Is or will be of use: neither leaving nor gone. */
  get isActive(): boolean {
    return this.phase === 'starting' || this.phase === 'running'
  }
}
