import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { LedgerCounts } from '#ledger'
import { type CursorCounts, ledgerOf, type SpoolCounts } from './lane-ledger.ts'

const NOTHING: LedgerCounts = { received: 0, appended: 0, rejected: {}, dropped: {} }
const NONE: SpoolCounts['live'] = new Map()
const count = fc.integer({ min: 0, max: 1_000_000 })

/** A lane that counted right, as the intake and the store see it. */
const lane = fc
  .record({
    stored: count,
    discarded: count,
    damaged: count,
    pending: count,
    denied: count,
    full: count,
  })
  .map(({ stored, discarded, damaged, pending, denied, full }) => {
    const records = stored + discarded + damaged
    const intake: LedgerCounts = {
      received: records + pending + denied + full,
      appended: records + pending,
      rejected: { address_denied: denied },
      dropped: { spool_full: full },
    }
    const cursor: CursorCounts = {
      lane: '',
      records,
      stored,
      rejected: { discarded },
      dropped: { spool_damaged: damaged },
      intake,
    }
    return { cursor, intake, pending }
  })

test('ledgerOf balances whatever was counted where, when both sides counted right', () => {
  fc.assert(
    fc.property(fc.array(fc.array(lane, { maxLength: 3 }), { maxLength: 3 }), (spools) => {
      const ledger = ledgerOf(
        spools.map((lanes) => ({
          lanes: lanes.map(({ cursor }, n) => ({ ...cursor, lane: `udp-${n}` })),
          // The last lane is not open any more: what is known of it stands in its cursor.
          live: new Map(lanes.slice(0, -1).map(({ intake }, n) => [`udp-${n}`, intake])),
          heartbeat: undefined,
        })),
      )
      const lanes = spools.flat()
      const sum = (value: (one: (typeof lanes)[number]) => number) =>
        lanes.reduce((total, one) => total + value(one), 0)
      expect(ledger.balanced).toBeTrue()
      expect(ledger.received).toBe(sum(({ intake }) => intake.received))
      expect(ledger.pending).toBe(sum(({ pending }) => pending))
      expect(ledger.received).toBe(
        ledger.stored + ledger.pending + ledger.rejected.total + ledger.dropped.total,
      )
    }),
  )
})

test('ledgerOf is out of balance when either side lost or invented a frame', () => {
  const good: SpoolCounts = {
    lanes: [
      {
        lane: 'a',
        records: 10,
        stored: 9,
        rejected: { discarded: 1 },
        dropped: {},
        intake: undefined,
      },
    ],
    live: new Map([['a', { received: 12, appended: 11, rejected: { not_hep: 1 }, dropped: {} }]]),
    heartbeat: undefined,
  }
  expect(ledgerOf([good])).toMatchObject({ received: 12, stored: 9, pending: 1, balanced: true })
  const [cursor, live] = [good.lanes[0]!, good.live.get('a')!]
  const off = [
    { ...good, live: new Map([['a', { ...live, received: 13 }]]) }, // received and never counted again
    { ...good, live: new Map([['a', { ...live, received: 9, appended: 8 }]]) }, // stored more than was appended
    { ...good, lanes: [{ ...cursor, stored: 8 }] }, // passed and neither stored nor rejected
    { ...good, lanes: [{ ...cursor, stored: 10 }] }, // stored twice
  ]
  for (const spool of off) expect(ledgerOf([spool]).balanced).toBeFalse()
  // Two mistakes that cancel each other out in the sum are still two.
  const both = {
    ...good,
    live: new Map([['a', { ...live, received: 11 }]]),
    lanes: [{ ...cursor, stored: 8 }],
  }
  expect(ledgerOf([both]).balanced).toBeFalse()
})

test('ledgerOf takes the newest of what it knows about the intake, so that it never goes backwards', () => {
  const at = (received: number): LedgerCounts => ({ ...NOTHING, received, appended: received })
  const cursor = (intake: LedgerCounts | undefined): CursorCounts => ({
    ...{ lane: 'a', records: 100, stored: 100, rejected: {}, dropped: {} },
    intake,
  })
  const received = (spool: SpoolCounts) => ledgerOf([spool]).received
  expect(received({ lanes: [cursor(at(150))], live: NONE, heartbeat: at(140) })).toBe(150)
  expect(received({ lanes: [cursor(at(150))], live: NONE, heartbeat: at(200) })).toBe(200)
  expect(
    received({
      lanes: [cursor(at(150))],
      live: new Map([
        ['a', at(160)],
        ['b', at(60)],
      ]),
      heartbeat: at(200),
    }),
  ).toBe(220)
  expect(
    ledgerOf([{ lanes: [cursor(undefined)], live: NONE, heartbeat: undefined }]),
  ).toMatchObject({
    received: 100,
    pending: 0,
    balanced: true,
  })
  expect(ledgerOf([])).toMatchObject({ received: 0, balanced: true })
})
