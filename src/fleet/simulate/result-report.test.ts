import { expect, test } from 'bun:test'
import { CPU_MEMORY, TWO_LEVEL } from '../policy/presets.ts'
import { costOf, PRICES } from './prices.ts'
import { rateText, simulationReport, timeText } from './result-report.ts'
import { summarise, textTable } from './summary.ts'
import { minutes, run } from './test-runs.ts'
import { namedTrace } from './traces.ts'
import { WORLD } from './world.ts'

const trace = namedTrace('flash-crowd', { peak: 200_000 })
const results = [1, 2].map((seed) => run(CPU_MEMORY, trace, {}, { seed }))

test('summarise takes means over the runs and keeps what is worst', () => {
  const [one, two] = results
  const summary = summarise(results)
  expect(summary.lostShare).toBeCloseTo((one!.lostShare + two!.lostShare) / 2, 12)
  expect(summary.worstMinuteLoss).toBe(Math.max(one!.worstMinuteLoss, two!.worstMinuteLoss))
  const parts = Object.values(summary.lostBy).reduce((a, b) => a + b, 0)
  expect(parts).toBeCloseTo(summary.lostShare, 9)
})

test('textTable has a column for each policy and a line for each question', () => {
  const table = textTable([summarise(results), summarise([run(TWO_LEVEL, trace)])])
  expect(table.split('\n')[0]).toMatch(/^policy +cpu-memory +two-level$/)
  for (const line of ['lost', 'mostly by', 'delay p50', 'cost', 'skew p95', 'well again after'])
    expect(table).toContain(`\n${line}  `)
})

test('simulationReport is one page that fetches nothing and escapes what it is given', () => {
  const named = { ...results[0]!, policy: '<b>&"x' }
  const page = simulationReport({ trace, assumptions: ['Two senders.'] }, [
    { summary: summarise([named]), result: named },
  ])
  expect(page).not.toMatch(/<script|<link|src=|href=|url\(|<b>/)
  expect(page).toContain('&#60;b&#62;&#38;&#34;x')
  expect(page.match(/<svg/g)).toHaveLength(5)
  expect(page).toContain('prefers-color-scheme: dark')
  expect(page).not.toContain('NaN')
})

test('timeText and rateText are short', () => {
  expect([0, 65, 3_600, 86_400].map(timeText)).toEqual(['0:00', '0:01:05', '1:00', '24:00'])
  expect([0, 950, 12_400, 2_500_000].map(rateText)).toEqual(['0', '950', '12 k', '2.5 M'])
})

test('costOf adds nodes, balancer and database, and hosts instead of nodes where there are hosts', () => {
  const run = { seconds: 3600, packets: 1e6 }
  const balancer = 0.0225 + 0.8 * 0.006
  const mixed = costOf({ onDemand: 2, spot: 10, hostCpus: 0 }, run, WORLD.node)
  expect(mixed.nodes).toBeCloseTo((2 + 10 * 0.3) * (0.04048 + 2 * 0.004445), 9)
  expect(mixed.total).toBeCloseTo(mixed.nodes + balancer + 0.337, 9)
  expect(mixed.perMillion).toBeCloseTo(mixed.total, 9)
  const hosts = costOf({ onDemand: 2, spot: 0, hostCpus: 8 }, run, WORLD.node)
  expect(hosts.nodes).toBeCloseTo(8 * PRICES.hostCpuHour, 9)
})

test('simulate: nodes of a two-level policy wait until a host has room for them', () => {
  const load = minutes(Array.from({ length: 60 }, (_, i) => (i < 10 ? 50_000 : 250_000)))
  // Hosts that only follow the nodes, not their own CPU.
  const policy = { ...TWO_LEVEL, hosts: { ...TWO_LEVEL.hosts!, cpuTarget: 200 } }
  const { moments, changes } = run(policy, load, { senders: { senders: 200 } })
  // One host has room for four; the fifth node needs another, which takes its time to start.
  const wanted = changes.find((change) => change.wanted > 4)!.at
  const running = moments.find((moment) => moment.running > 4)!.at
  const { hostStart, place, start } = WORLD.platform
  expect(running - wanted).toBeGreaterThanOrEqual(hostStart)
  expect(running - wanted).toBeLessThan(hostStart + place + start + 120)
})
