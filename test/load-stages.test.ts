// `calliope load --stages` against the real program, and `calliope simulate` on what that captured.
import { expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'
import { run } from './commands.ts'
import { settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

/** Ten minutes of calls, the last of them a minute ago. */
function pastFrames(): Buffer[] {
  const startUs = (Date.now() - 11 * 60_000) * 1000
  const calls = generateTraffic({ starts: 100, startsPerSecond: 100 / 500, startUs, mix: 'calls' })
  return [...calls].map(({ packet }) => Buffer.from(encodeHep(packet)))
}

test('calliope load --stages raises the rate, watches the node and accounts for every packet', async () => {
  using directory = temporaryDirectory()
  const program = await startProgram(['--data-dir', join(directory.path, 'data')])
  const past = pastFrames()
  await SEND.tcp(program, past)
  await settledLedger(program, past.length)
  const report = join(directory.path, 'report.html')
  const { host, port } = program.tcp
  const ended = await run([
    ...['load', '--transport', 'tcp', '--to', `${host}:${port}`, '--url', program.url, '--check'],
    ...['--rate', '100', '--stages', '2', '--stages', '1k/s', '--stage-for', '2200ms'],
    ...['--ramp', '500ms', '--report', report],
  ])
  expect(ended.err).toContain(`The report is in ${report}`)
  expect(ended.out).toContain('0 never arrived')
  expect(ended.code).toBe(0)
  const [, ...stages] = ended.out
    .split('\n')
    .filter((line) => /asked\/s|^ *\d[\d,]* +\d/.test(line))
  expect(stages.map((line) => line.trim().split(/ +/)[0])).toEqual(['200', '1,000'])
  for (const line of stages) {
    const [asked, sent] = line
      .trim()
      .split(/ +/)
      .map((cell) => Number(cell.replaceAll(',', '')))
    expect(Math.abs(sent! / asked! - 1)).toBeLessThan(0.25)
  }
  const page = readFileSync(report, 'utf8')
  expect(page).toContain('stage 2: 1,000 packets a second')
  expect(page).not.toMatch(/<script|<link|src=|href=|url\(/)
  expect(page.match(/<svg/g)).toHaveLength(6)

  const simulated = await run(['simulate', '--url', program.url, '--peak', '50000', '--json'])
  await program.stop()
  const [result] = JSON.parse(simulated.out)
  expect(result.seconds).toBeGreaterThanOrEqual(9 * 60)
  expect(result.sent).toBeGreaterThan(50_000 * 60)
}, 60_000)

test('calliope simulate compares policies, reads a trace of one’s own and writes a page that fetches nothing', async () => {
  using directory = temporaryDirectory()
  const [csv, report] = [join(directory.path, 'own.csv'), join(directory.path, 'out.html')]
  const minutes = Array.from({ length: 60 }, (_, i) => `${i * 60},${i < 20 ? 20_000 : 150_000}`)
  writeFileSync(csv, ['seconds,rate', ...minutes].join('\n'))
  const ended = await run([
    ...['simulate', '--policy', 'calliope', '--policy', 'cpu-memory', '--csv', csv],
    ...['--relay', '--report', report],
  ])
  expect(ended.code).toBe(0)
  expect(ended.out).toMatch(/policy +calliope +cpu-memory/)
  expect(ended.out).toMatch(/lost +none/)
  const page = readFileSync(report, 'utf8')
  expect(page).toContain('<svg')
  expect(page).not.toMatch(/<script|<link|src=|href=|url\(/)
  const again = await run(['simulate', '--csv', csv, '--seed', '9', '--json'])
  const [result] = JSON.parse(again.out)
  expect(result.sent).toBeCloseTo(20 * 60 * 20_000 + 40 * 60 * 150_000, 0)
}, 30_000)

/** What `terraform show -json` says of somebody's own service: CPU at 50 %, one to six tasks. */
const PLAN = {
  planned_values: {
    root_module: {
      resources: [
        {
          ...{ type: 'aws_appautoscaling_target', name: 'own', mode: 'managed' },
          values: { min_capacity: 1, max_capacity: 6, tags: { 'calliope-policy': 'as-planned' } },
        },
        {
          ...{ type: 'aws_appautoscaling_policy', name: 'cpu', mode: 'managed' },
          values: {
            policy_type: 'TargetTrackingScaling',
            target_tracking_scaling_policy_configuration: [
              {
                predefined_metric_specification: [
                  { predefined_metric_type: 'ECSServiceAverageCPUUtilization' },
                ],
                ...{ target_value: 50, scale_in_cooldown: 300, scale_out_cooldown: 60 },
              },
            ],
          },
        },
      ],
    },
  },
}

test('calliope simulate --plan plays the traffic to the policy in a Terraform plan', async () => {
  using directory = temporaryDirectory()
  const plan = join(directory.path, 'plan.json')
  writeFileSync(plan, JSON.stringify(PLAN))
  const words = ['simulate', '--plan', plan, '--trace', 'step', '--relay', '--json']
  const { code, out } = await run(words)
  expect(code).toBe(0)
  const [result, ...others] = JSON.parse(out)
  expect(others).toEqual([])
  expect(result.policy).toBe('as-planned')
  expect(result.changes.length).toBeGreaterThan(0)
  for (const { wanted } of result.changes) expect(wanted).toBeLessThanOrEqual(6)
}, 30_000)

test('calliope simulate and load name the flag, the value and what is allowed', async () => {
  const refused = [
    [['simulate', '--policy', 'nope'], 'nope: neither a file nor one of calliope'],
    [['simulate', '--trace', 'storm'], "--trace: 'storm' is not allowed"],
    [['load', '--stages', '5,fast'], "--stages: '5,fast' is not allowed"],
  ] as const
  for (const [words, complaint] of refused) {
    const { code, err } = await run(words)
    expect(err).toContain(complaint)
    expect(code).toBe(2)
  }
}, 30_000)
