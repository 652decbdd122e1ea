import { expect, test } from 'bun:test'
import type { Ledger } from '#contract'
import { type Account, accountFor, accountText } from './account.ts'
import type { BalancerCounts } from './balancer.ts'

const none = { total: 0, byReason: {} }
const ledger = (received: number, more: Partial<Ledger> = {}): Ledger => ({
  ...{ received, stored: received, pending: 0, rejected: none, dropped: none, balanced: true },
  ...more,
})
const target = (id: string, packets: number) => ({
  ...{ id, packets, zone: 'a', state: 'healthy' as const, flows: 1, connections: 0 },
})
const balancer = (packets: readonly number[], kernel = 0): BalancerCounts => ({
  received: packets.reduce((sum, n) => sum + n, kernel),
  dropped: { kernel_buffer: kernel, no_target: 0, send_failed: 0 },
  flows: 2,
  targets: packets.map((count, i) => target(`n${i}`, count)),
})
const account = (
  sent: number,
  counts: BalancerCounts,
  stored: Ledger,
  wasKilled = false,
): Account => accountFor({ sent, balancer: counts, ledger: stored, wasKilled })

test('accountFor explains every packet that somebody counted', () => {
  const whole = account(100, balancer([60, 40]), ledger(100))
  expect(whole).toMatchObject({ stored: 100, dropped: {}, unexplained: 0 })
  expect(accountText(whole)).toBe('100 sent = 100 stored + 0 dropped')
  const dropped = { total: 5, byReason: { spool_full: 5 } }
  const lossy = account(107, balancer([60, 40], 7), ledger(100, { stored: 95, dropped }))
  expect(accountText(lossy)).toBe(
    '107 sent = 95 stored + 7 dropped (balancer: kernel_buffer) + 5 dropped (node: spool_full)',
  )
  expect(lossy.unexplained).toBe(0)
})

test('accountFor does not explain away what vanished between sender, balancer and nodes', () => {
  const beforeBalancer = account(110, balancer([60, 40]), ledger(100))
  expect(beforeBalancer.unexplained).toBe(10)
  expect(accountText(beforeBalancer)).toContain('10 NOT ACCOUNTED FOR')
  const beforeNode = account(100, balancer([60, 40]), ledger(97))
  expect(beforeNode.unexplained).toBe(3)
  // Stored twice is as wrong as not at all.
  expect(account(100, balancer([60, 40]), ledger(102)).unexplained).toBe(-2)
})

test('accountFor names what a killed node lost, and only then', () => {
  const killed = account(100, balancer([60, 40]), ledger(97), true)
  expect(accountText(killed)).toBe('100 sent = 97 stored + 3 dropped (lost with killed nodes)')
})
