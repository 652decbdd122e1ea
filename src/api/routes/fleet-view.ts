// From rows of the nodes to the fleet: who is shown, and what they amount to together.
import type { FleetNode, FleetNow, NodeRow } from '#contract'

const GONE_SHOWN_MAX = 20
/** As the metric of that name: a node so new has not been given its share yet, and of little any ratio is chance. */
const NEW_MS = 15_000
const TOTAL_MIN = 100

/** Those alive, then those that ended since `fromMs`, the newest first. */
export function fleetNodes(
  rows: readonly NodeRow[],
  droppedLately: ReadonlyMap<string, number>,
  fromMs: number,
): readonly FleetNode[] {
  const nodes = rows.map((row) => fleetNode(row, droppedLately.get(row.node) ?? 0))
  const ended = nodes
    .filter((node) => !isAlive(node) && Date.parse(node.heartbeatAt) >= fromMs)
    .sort((a, b) => b.heartbeatAt.localeCompare(a.heartbeatAt))
  return [...nodes.filter(isAlive), ...ended.slice(0, GONE_SHOWN_MAX)]
}

function fleetNode(row: NodeRow, droppedLately: number): FleetNode {
  const { node, version, state, startedAt, heartbeatAt, ledger, signals } = row
  const hasEnded = state === 'stopped' || state === 'lost'
  const current = (value: number | undefined) => (hasEnded ? undefined : value)
  return {
    ...{ node, version, state, startedAt, heartbeatAt },
    packetsPerSecond: current(signals.packetsPerSecond) ?? 0,
    cpuCores: current(signals.cpuCores) ?? null,
    memoryBytes: current(signals.memoryBytes) ?? null,
    spoolAgeSeconds: signals.spoolAgeSeconds ?? 0,
    spoolBytes: signals.spoolBytes ?? 0,
    pending: ledger.pending,
    received: ledger.received,
    dropped: ledger.dropped.total,
    droppedLately,
    headroom: headroomOf(current(signals.usedPercent)),
  }
}

// Nodes say what they use of what they could take, which may be more than all of it.
const headroomOf = (usedPercent: number | undefined): number | null =>
  usedPercent === undefined ? null : Math.min(1, Math.max(0, 1 - usedPercent / 100))

/** The sums; `nowMs` tells new nodes from others. */
export function fleetNow(nodes: readonly FleetNode[], nowMs: number): FleetNow {
  const alive = nodes.filter(isAlive)
  const rates = alive
    .filter(({ state, startedAt }) => state === 'ready' && nowMs - Date.parse(startedAt) > NEW_MS)
    .map(({ packetsPerSecond }) => packetsPerSecond)
  const headrooms = alive.flatMap(({ headroom }) => headroom ?? [])
  const sum = (of: (node: FleetNode) => number) =>
    Math.round(alive.reduce((total, node) => total + of(node), 0) * 10) / 10
  return {
    nodes: alive.length,
    packetsPerSecond: sum((node) => node.packetsPerSecond),
    spoolAgeSeconds: Math.max(0, ...alive.map((node) => node.spoolAgeSeconds)),
    droppedLately: sum((node) => node.droppedLately),
    skew: skewOf(rates),
    headroom: headrooms.length > 0 ? Math.min(...headrooms) : null,
  }
}

function skewOf(rates: readonly number[]): number | null {
  const sum = rates.reduce((total, rate) => total + rate, 0)
  if (rates.length < 2 || sum < TOTAL_MIN) return null
  return Math.round((Math.max(...rates) / (sum / rates.length)) * 100) / 100
}

const isAlive = ({ state }: FleetNode): boolean => state !== 'stopped' && state !== 'lost'
