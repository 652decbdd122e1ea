// What happens in a stretch of time in which nothing changes: how much each node is offered, takes,
// stores, and what is refused and why. Traffic is a fluid here: rates, not packets.
//
//   CPU of a node      receiving and storing share it; when both want more than there is, each gets half
//   offered > what it can receive            refused (UDP: lost in the kernel; relay: kept there)
//   received > what it can store             waits in the spool; when that is full: refused, which
//                                            costs as much as receiving, but from a relay is not even read
//   the database stores `databaseRate`       dealt out evenly among nodes that want more
import type { SimNode } from './sim-node.ts'
import { carriedByNode, type NodeModel } from './world.ts'

/** Why packets were refused, in the order of the report. */
export const CAUSES = ['skew', 'capacity', 'start-up', 'database', 'drain', 'spot'] as const
export type Cause = (typeof CAUSES)[number]
export type ByCause = Record<Cause, number>
export const noCauses = (): ByCause => ({
  skew: 0,
  capacity: 0,
  'start-up': 0,
  database: 0,
  drain: 0,
  spot: 0,
})

/** Sets `offered`, `received`, `kept` and `stored` of every node for a total rate. */
export function setRates(
  nodes: readonly SimNode[],
  rate: number,
  databaseRate: number,
  model: NodeModel,
  doesPushBack: boolean,
): void {
  for (const node of nodes) {
    node.offered = rate * node.share
    setWishes(node, model, doesPushBack && node.line.fills(model.spoolPackets))
  }
  dealDatabase(nodes, databaseRate)
  for (const node of nodes) {
    const isFull = node.line.fills(model.spoolPackets)
    node.kept = isFull ? Math.min(node.received, node.stored) : node.received
  }
}

function setWishes(node: SimNode, model: NodeModel, isClosed: boolean): void {
  const { cpus, receiveMicros, storeMicros, storeRateMax } = model
  const cpu = node.phase === 'starting' || node.phase === 'stopped' ? 0 : cpus * 1e6
  const open = isClosed ? carriedByNode(model) : Number.POSITIVE_INFINITY
  const offered = node.isListening ? Math.min(open, node.offered) : 0
  const isBehind = node.line.packets > 0
  const receiveWish = offered * receiveMicros
  const storeWish = isBehind ? cpu : Math.min(storeRateMax, offered) * storeMicros
  const receiveCpu = Math.min(receiveWish, Math.max(cpu / 2, cpu - storeWish))
  const storeCpu = Math.min(storeWish, cpu - receiveCpu)
  node.received = receiveCpu < receiveWish ? receiveCpu / receiveMicros : offered
  const able = Math.min(storeRateMax, storeCpu / storeMicros)
  node.stored = isBehind ? able : Math.min(able, node.received)
  node.isCpuBound = true
}

/** Everybody gets what he wants up to the same limit, which uses the database up (max-min fairness). */
function dealDatabase(nodes: readonly SimNode[], rate: number): void {
  let wanted = 0
  for (const { stored } of nodes) wanted += stored
  if (wanted <= rate) return
  const asking = nodes.filter(({ stored }) => stored > 0).sort((a, b) => a.stored - b.stored)
  let left = rate
  for (const [i, node] of asking.entries()) {
    const fair = left / (asking.length - i)
    if (node.stored > fair) {
      node.stored = fair
      node.isCpuBound = false
    }
    left -= node.stored
  }
}

/** The rate refused by all nodes, by cause; `rate` is what was offered in all. */
export function refusals(
  nodes: readonly SimNode[],
  unpinnedRate: number,
  model: NodeModel,
  into: ByCause = noCauses(),
): ByCause {
  const { cpus, receiveMicros, spoolPackets } = model
  const receivable = (cpus * 1e6) / receiveMicros / 2
  const carried = carriedByNode(model)
  let [offered, refused, able, ableNow, starting] = [unpinnedRate, unpinnedRate, 0, 0, 0]
  for (const node of nodes) {
    if (node.phase === 'starting' || node.target === 'initial') starting += receivable
    if (!node.isListening) {
      into[node.leaveCause] += node.offered
      continue
    }
    if (node.target === 'initial' && node.share === 0) continue
    offered += node.offered
    refused += node.offered - node.kept
    const isFull = node.line.fills(spoolPackets)
    const own = isFull ? carried : receivable
    able += own
    ableNow += isFull && !node.isCpuBound ? Math.min(own, node.stored) : own
  }
  if (refused <= 0) return into
  // What all nodes together could not have taken however evenly it was spread; the rest is skew.
  const short = Math.min(refused, Math.max(0, offered - able))
  const shortNow = Math.min(refused, Math.max(0, offered - ableNow))
  into['start-up'] += Math.min(short, starting)
  into.capacity += short - Math.min(short, starting)
  into.database += shortNow - short
  into.skew += refused - shortNow
  return into
}
