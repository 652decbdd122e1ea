// The ledger of one spool from its two sides, which count independently of each other:
//
//   intake (its counters, live)      received = appended + rejected + dropped
//   store  (its cursor's row)        records  = stored + rejected + dropped
//   between                          pending  = appended - records, never negative
//
// The store's side is exact as of its last commit. The intake's is known from up to three places:
//
//   live        counters in memory, of the lanes that are open in this process: exact
//   heartbeat   nodes.ledger, a few seconds old; only while the node is alive, because counters that
//               were never written to the spool die with the process
//   cursor      spool_cursors.intake, as old as the last stored batch
//
// The last two are snapshots of counters that only rise: of these the higher one is the newer.

import type { Ledger } from '#contract'
import { DROP_REASONS, type LedgerCounts, REJECT_REASONS } from '#ledger'

type Reasons = Readonly<Record<string, number>>

/** One row of spool_cursors. */
export interface CursorCounts {
  readonly lane: string
  readonly records: number
  readonly stored: number
  readonly rejected: Reasons
  readonly dropped: Reasons
  /** Undefined when the writer has not seen the lane's counters yet. */
  readonly intake: LedgerCounts | undefined
}

/** What is known of one spool. */
export interface SpoolCounts {
  readonly lanes: readonly CursorCounts[]
  /** By lane; lanes of earlier runs, with other settings, are not among them. */
  readonly live: ReadonlyMap<string, LedgerCounts>
  readonly heartbeat: LedgerCounts | undefined
}

/** The ledger over spools; balanced only if each side of each spool is. */
export function ledgerOf(spools: readonly SpoolCounts[]): Ledger {
  const sides = spools.map(sidesOf)
  const rejected = sumOf(sides.flatMap(({ intake, store }) => [intake.rejected, store.rejected]))
  const dropped = sumOf(sides.flatMap(({ intake, store }) => [intake.dropped, store.dropped]))
  const total = (value: (sides: Sides) => number) => sides.reduce((sum, one) => sum + value(one), 0)
  const received = total(({ intake }) => intake.received)
  const stored = total(({ store }) => store.stored)
  const pending = total(({ intake, store }) => Math.max(0, intake.appended - store.records))
  const sum = stored + totalOf(rejected) + totalOf(dropped) + pending
  return {
    received,
    stored,
    pending,
    rejected: { total: totalOf(rejected), byReason: named(rejected, REJECT_REASONS) },
    dropped: { total: totalOf(dropped), byReason: named(dropped, DROP_REASONS) },
    balanced: received === sum && sides.every(isBalanced),
  }
}

interface Sides {
  readonly intake: LedgerCounts
  readonly store: Omit<CursorCounts, 'intake' | 'lane'>
}

function sidesOf({ lanes, live, heartbeat }: SpoolCounts): Sides {
  const store = {
    records: lanes.reduce((sum, { records }) => sum + records, 0),
    stored: lanes.reduce((sum, { stored }) => sum + stored, 0),
    rejected: sumOf(lanes.map(({ rejected }) => rejected)),
    dropped: sumOf(lanes.map(({ dropped }) => dropped)),
  }
  if (live.size > 0) {
    const closed = lanes.filter(({ lane }) => !live.has(lane)).map(intakeOf)
    return { store, intake: addCounts([...live.values(), ...closed]) }
  }
  const stored = addCounts(lanes.map(intakeOf))
  const isNewer = heartbeat !== undefined && heartbeat.received > stored.received
  return { store, intake: isNewer ? heartbeat : stored }
}

/** Of a lane whose counters nobody has seen we know that what was read from it was appended. */
function intakeOf({ intake, records }: CursorCounts): LedgerCounts {
  return intake ?? { received: records, appended: records, rejected: {}, dropped: {} }
}

function addCounts(all: readonly LedgerCounts[]): LedgerCounts {
  return {
    received: all.reduce((sum, { received }) => sum + received, 0),
    appended: all.reduce((sum, { appended }) => sum + appended, 0),
    rejected: sumOf(all.map(({ rejected }) => rejected)),
    dropped: sumOf(all.map(({ dropped }) => dropped)),
  }
}

function isBalanced({ intake, store }: Sides): boolean {
  return (
    intake.received === intake.appended + totalOf(intake.rejected) + totalOf(intake.dropped) &&
    store.records === store.stored + totalOf(store.rejected) + totalOf(store.dropped) &&
    intake.appended >= store.records
  )
}

function sumOf(all: readonly Reasons[]): Reasons {
  const sum: Record<string, number> = {}
  for (const reasons of all)
    for (const [reason, count] of Object.entries(reasons)) sum[reason] = (sum[reason] ?? 0) + count
  return sum
}

function totalOf(reasons: Reasons): number {
  return Object.values(reasons).reduce((sum, count) => sum + count, 0)
}

/** Known reasons in their order; those that never happened are left out. */
function named<Reason extends string>(
  reasons: Reasons,
  order: readonly Reason[],
): Partial<Record<Reason, number>> {
  const happened = order.filter((reason) => (reasons[reason] ?? 0) > 0)
  return Object.fromEntries(happened.map((reason) => [reason, reasons[reason]])) as Partial<
    Record<Reason, number>
  >
}
