// The short form of the demo: real capture processes, a real database, the policy in compressed time.
import { expect, test } from 'bun:test'
import { decide, ECS_ENGINE } from '#fleet'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { temporaryDirectory } from '../../test/program.ts'
import { demoPolicy } from './demo-policy.ts'
import { runFleet } from './run-fleet.ts'
import type { RunView } from './run-view.ts'

const NODES_MAX = 3
const SECONDS_MAX = 40

/** Busy until the fleet has grown, then quiet until nodes have gone: as long as this machine takes. */
function upAndDown() {
  let hasGrown = false
  return ({ nodes, seconds }: RunView): number | undefined => {
    const count = (stage: string) => nodes.filter((node) => node.stage === stage).length
    hasGrown ||= count('ready') === NODES_MAX
    if (seconds > SECONDS_MAX || (hasGrown && count('gone') > 0)) return undefined
    return hasGrown ? 300 : 1_500
  }
}

test('runFleet scales out and in by the policy, drains without loss and balances the ledger', async () => {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  await using stack = new AsyncDisposableStack()
  const { account, ticks, happenings, exitCodes, fleet } = await runFleet(
    {
      ...{ directory: directory.path, databaseUrl: database.url, decide, load: upAndDown() },
      policy: demoPolicy({ nodesMin: 1, nodesMax: NODES_MAX, packetsPerNode: 600 }),
      // The published timings, but for waiting only five minutes before scaling in.
      engine: { ...ECS_ENGINE, inPeriods: 5 },
      ...{ timesFaster: 120, flows: 24, flowMs: 1_500 },
    },
    stack,
  )
  expect(account).toMatchObject({ unexplained: 0, pending: 0, rejected: 0, dropped: {} })
  expect(account.stored).toBe(account.sent)
  expect(Math.max(...ticks.map(({ ready }) => ready))).toBe(NODES_MAX)
  expect(ticks.at(-1)!.ready).toBeLessThan(NODES_MAX)
  // Those that were taken away had emptied their spools, and had been given work until then.
  expect(exitCodes.length).toBeGreaterThan(0)
  expect(new Set(exitCodes)).toEqual(new Set([0]))
  const gone = fleet.nodes.filter(({ state }) => state === 'stopped')
  expect(gone.every(({ received, pending }) => received > 0 && pending === 0)).toBe(true)
  expect(happenings.some(({ kind, text }) => kind === 'scaled' && /packets/.test(text))).toBe(true)
  const kinds = new Set(fleet.events.map(({ kind }) => kind))
  for (const kind of ['came', 'scaled', 'gone'] as const) expect(kinds.has(kind)).toBe(true)
}, 90_000)
