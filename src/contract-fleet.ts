// The capture nodes of one database as a fleet: what each does now, what they did, why their number
// changed. Part of contract.ts.
import type { NodeRow } from './contract.ts'

/** A node, as of its last heartbeat. */
export interface FleetNode {
  readonly node: string
  readonly version: string
  readonly state: NodeRow['state']
  readonly startedAt: string
  readonly heartbeatAt: string
  readonly packetsPerSecond: number
  /** Cores in use: 1 is one of them all of the time. Null when the node does not say. */
  readonly cpuCores: number | null
  readonly memoryBytes: number | null
  /** Age of the oldest packet that is not in the database yet. */
  readonly spoolAgeSeconds: number
  readonly spoolBytes: number
  readonly pending: number
  /** Since its spool was made. */
  readonly received: number
  readonly dropped: number
  /** Within the last minute. */
  readonly droppedLately: number
  /** The part of what it could take that is free, 0 to 1; null when the node does not say. */
  readonly headroom: number | null
}

/** The fleet in one step of time. */
export interface FleetPoint {
  readonly at: string
  /** Nodes that took part, at most at any one time. */
  readonly nodes: number
  readonly packetsPerSecond: number
  /** Of the busiest node. */
  readonly packetsPerSecondMax: number
  /** Of the node that is furthest behind. */
  readonly spoolAgeSeconds: number
  readonly dropped: number
  /** All nodes together; null when none says. */
  readonly cpuCores: number | null
}

/**
 * came, draining, gone, lost: a node's life. scaled: somebody changed how many there should be.
 * reclaimed: the provider takes a node back. noted: anything else worth knowing beside the graph.
 */
export type FleetEventKind =
  | 'came'
  | 'draining'
  | 'gone'
  | 'lost'
  | 'scaled'
  | 'reclaimed'
  | 'noted'

export interface FleetEvent {
  readonly at: string
  readonly kind: FleetEventKind
  /** Empty when it is about the fleet. */
  readonly node: string
  /** In words; empty when nobody said. */
  readonly reason: string
  /** Nodes wanted before and after; null when it is not about that. */
  readonly nodesFrom: number | null
  readonly nodesTo: number | null
}

/** What somebody who scales the fleet may tell: POST /api/v1/fleet/events. */
export interface NewFleetEvent {
  readonly kind: 'scaled' | 'reclaimed' | 'noted'
  readonly node?: string
  readonly reason: string
  readonly nodesFrom?: number
  readonly nodesTo?: number
}

/** All nodes together, now. */
export interface FleetNow {
  /** Starting, ready and draining ones. */
  readonly nodes: number
  readonly packetsPerSecond: number
  /** Of the node that is furthest behind. */
  readonly spoolAgeSeconds: number
  readonly droppedLately: number
  /** Busiest over mean node; null with fewer than two that take part, or without traffic. */
  readonly skew: number | null
  /** Of the node that has least; null when none says. */
  readonly headroom: number | null
}

/** The policy in force, as far as this server was told. */
export interface FleetPolicy {
  readonly name: string
  readonly sentence: string
}

/** The answer of /api/v1/fleet. */
export interface Fleet {
  readonly now: FleetNow
  readonly nodes: readonly FleetNode[]
  readonly stepSeconds: number
  readonly points: readonly FleetPoint[]
  /** Newest first. */
  readonly events: readonly FleetEvent[]
  readonly policy: FleetPolicy | null
}
