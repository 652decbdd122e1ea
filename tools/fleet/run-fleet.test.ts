// The short form of the demo: real capture processes, a real database, the policy in compressed time.
import { expect, test } from 'bun:test'
import { decide, ECS_ENGINE } from '#fleet'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { temporaryDirectory } from '../../test/program.ts'
import { demoPolicy } from './demo-policy.ts'
import { runFleet } from './run-fleet.ts'

test('runFleet scales out and in by the policy, drains without loss and balances the ledger', async () => {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  await using stack = new AsyncDisposableStack()
  const result = await runFleet(
    {
      ...{ directory: directory.path, databaseUrl: database.url, decide },
      policy: demoPolicy({ nodesMin: 1, nodesMax: 3, packetsPerNode: 600 }),
      // The published timings, but for waiting only five minutes before scaling in.
      engine: { ...ECS_ENGINE, inPeriods: 5 },
      ...{ timesFaster: 120, flows: 24, flowMs: 1_500 },
      shape: [
        [0, 300],
        [1, 300],
        [4, 1_500],
        [7, 1_500],
        [8, 200],
        [14, 200],
      ],
    },
    stack,
  )
  const { account, ticks, happenings, exitCodes, fleet } = result
  expect(account).toMatchObject({ unexplained: 0, pending: 0, rejected: 0, dropped: {} })
  expect(account.stored).toBe(account.sent)
  expect(Math.max(...ticks.map(({ ready }) => ready))).toBe(3)
  expect(ticks.at(-1)!.ready).toBeLessThan(3)
  // Those that were taken away had emptied their spools.
  expect(exitCodes.length).toBeGreaterThan(0)
  expect(new Set(exitCodes)).toEqual(new Set([0]))
  expect(happenings.some(({ kind, text }) => kind === 'scaled' && /packets/.test(text))).toBe(true)
  const kinds = new Set(fleet.events.map(({ kind }) => kind))
  for (const kind of ['came', 'scaled', 'gone'] as const) expect(kinds.has(kind)).toBe(true)
}, 60_000)
