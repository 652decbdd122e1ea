// Whether every packet that was sent is accounted for, from the sender's count to the database:
//
//   sent = lost before the balancer + dropped by the balancer, by reason
//        + lost with killed nodes   + rejected and dropped by nodes, by reason + stored + pending
//
// Each number is counted by somebody else: the sender, the balancer, the nodes, the database.
import type { Ledger } from '#contract'
import type { BalancerCounts } from './balancer.ts'

/** What a node that was killed had not put on its disk yet, and what came for it afterwards. */
export const LOST = 'lost with killed nodes'

export interface Account {
  readonly sent: number
  readonly stored: number
  readonly pending: number
  /** By reason, whoever counted it; zeros left out. */
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: number
  /** 0 when all is accounted for. */
  readonly unexplained: number
}

export interface Books {
  readonly sent: number
  readonly balancer: BalancerCounts
  readonly ledger: Ledger
  /** Only then may what was sent to a node not have arrived there. */
  readonly wasKilled: boolean
}

/** Puts the books together. */
export function accountFor({ sent, balancer, ledger, wasKilled }: Books): Account {
  const forwarded = balancer.targets.reduce((sum, { packets }) => sum + packets, 0)
  const byBalancer = Object.entries(balancer.dropped).map(
    ([reason, count]) => [`balancer: ${reason}`, count] as const,
  )
  const byNodes = Object.entries(ledger.dropped.byReason).map(
    ([reason, count]) => [`node: ${reason}`, count] as const,
  )
  const withNodes = wasKilled ? [[LOST, forwarded - ledger.received] as const] : []
  const dropped = Object.fromEntries(
    [...byBalancer, ...byNodes, ...withNodes].filter(([, count]) => count !== 0),
  )
  const { stored, pending, rejected } = ledger
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  const explained = stored + pending + rejected.total + lost
  return { sent, stored, pending, dropped, rejected: rejected.total, unexplained: sent - explained }
}

/** A sentence for people. */
export function accountText(account: Account): string {
  const { sent, stored, pending, dropped, rejected, unexplained } = account
  const count = (n: number) => n.toLocaleString('en-US')
  const lost = Object.entries(dropped).map(([reason, n]) => `${count(n)} dropped (${reason})`)
  const parts = [
    `${count(stored)} stored`,
    ...(rejected > 0 ? [`${count(rejected)} rejected`] : []),
    ...(lost.length > 0 ? lost : ['0 dropped']),
    ...(pending > 0 ? [`${count(pending)} pending`] : []),
    ...(unexplained === 0 ? [] : [`${count(unexplained)} NOT ACCOUNTED FOR`]),
  ]
  return `${count(sent)} sent = ${parts.join(' + ')}`
}
