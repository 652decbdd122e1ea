// docs/events.md against the code: costs computed, actions, reasons and commands complete.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { parseFleetConfig } from './config.ts'
import { RECONCILER_ACTIONS } from './iam.ts'

const root = join(import.meta.dir, '../../..')
const manual = await Bun.file(join(root, 'docs/events.md')).text()
const lambda = await Bun.file(join(root, 'deploy/lambda/README.md')).text()

const MINUTES_A_MONTH = 365.25 * 2 * 60
const PRICES = { request: 0.2e-6, gigabyteSecond: 0.000_013_333_4, logGigabyte: 0.5 }

function monthlyDollars(events: number): number {
  const invocations = MINUTES_A_MONTH + events
  const { request, gigabyteSecond, logGigabyte } = PRICES
  return invocations * (request + 0.25 * 0.4 * gigabyteSecond + 1e-6 * logGigabyte)
}

test('docs/events.md: what it costs a month is computed from the prices it names', () => {
  const rows = [...manual.matchAll(/^\| ([\d,]+)(?: \(.*\))? \| (\d+\.\d\d) \|$/gm)]
  expect(rows).toHaveLength(3)
  for (const [, events = '', dollars] of rows)
    expect(monthlyDollars(Number(events.replaceAll(',', ''))).toFixed(2)).toBe(dollars!)
})

test('docs/events.md names every action the reconciler needs, and every reason to ignore an event', async () => {
  const missing = RECONCILER_ACTIONS.filter((action) => !manual.includes(`\`${action}\``))
  expect(missing).toEqual([])
  const source = await Bun.file(join(import.meta.dir, 'read-event.ts')).text()
  const reasons = [...source.matchAll(/^ {2}\| '([a-z-]+)'$/gm)].map(([, reason]) => reason!)
  expect(reasons).toHaveLength(6)
  expect(reasons.filter((reason) => !manual.includes(`\`${reason}\``))).toEqual([])
})

test('docs/events.md and deploy/lambda/README.md show a configuration that is accepted whole', () => {
  for (const text of [manual, lambda]) {
    const json = /```json\n([^`]+)```/.exec(text)?.[1] ?? ''
    expect(Object.keys(parseFleetConfig(json))).toHaveLength(5)
  }
})
