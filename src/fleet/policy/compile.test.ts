import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { fromHelm } from './from-helm.ts'
import { canonical, parsePolicy } from './parse-policy.ts'
import type { Json } from './planned.ts'
import type { Policy } from './policy.ts'
import { CALLIOPE, CPU_MEMORY, PRESETS } from './presets.ts'
import { readAlarmQuery } from './promql.ts'
import { anyPolicy, manifestsOf } from './test-policies.ts'
import { toHelm } from './to-helm.ts'

test('parsePolicy takes every preset as it stands', () => {
  for (const policy of Object.values(PRESETS))
    expect(parsePolicy(JSON.parse(JSON.stringify(policy)))).toEqual({ kind: 'policy', policy })
})

test('parsePolicy names every problem at once, with its place and what is allowed', () => {
  const parsed = parsePolicy({
    name: 'Bad Name',
    nodesMin: 0,
    nodesMax: 5,
    rules: [
      { kind: 'target', name: 'age', metric: 'spoolAgeSeconds', target: 5 },
      { kind: 'step', name: 'cpu', metric: 'cpu', when: 'above', threshold: 5, periodSeconds: 45 },
    ],
    colour: 'red',
  })
  const problems = parsed.kind === 'problems' ? parsed.problems : []
  expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
    'name: "Bad Name" is not allowed: a name of lower-case letters, digits and dashes, at most 40',
    'nodesMin: 0 is not allowed: a whole number from 1 to 1000',
    'rules[0].metric: "spoolAgeSeconds" is not allowed: a metric that shrinks as nodes are added; use a step for this one',
    'rules[1].metric: "cpu" is not allowed: one of cpuPercent, memoryPercent, packetsPerSecond, spoolAgeSeconds, behindSeconds, dropsPerSecond, shortDropsPerSecond, skew, usedPercent, hostCpuPercent',
    'rules[1].periodSeconds: 45 is not allowed: 10, 30 or a multiple of 60',
    'rules[1].periods: is missing',
    'rules[1].unit: is missing',
    'rules[1].steps: is missing',
    'colour: is not a name that policies know',
  ])
})

test('parsePolicy finds what the parts allow and the whole does not', () => {
  const upside = { ...CALLIOPE.rules[0]!, when: 'below' } as const
  const parsed = parsePolicy({
    ...{ ...CALLIOPE, nodesMin: 30, rules: [upside, { ...CALLIOPE.rules[1]!, name: 'behind' }] },
    hosts: { hostsMin: 1, hostsMax: 2, nodesPerHost: 4, cpuTarget: 30 },
  })
  expect(parsed.kind === 'problems' && parsed.problems.map(({ where }) => where)).toEqual([
    'nodesMin',
    'hosts.hostsMax',
    'rules[0]',
    'rules[1].name',
  ])
})

test('readAlarmQuery understands what alarmQuery wrote and nothing that was changed', () => {
  const [behind] = CALLIOPE.rules
  const { autoscaling } = toHelm(CALLIOPE, 'keda')
  const triggers = autoscaling.engine === 'keda' ? autoscaling.triggers : []
  const query = triggers.find(({ name }) => name === 'behind')!.metadata.query!
  expect(readAlarmQuery('behind', query, 120)).toEqual(behind as never)
  expect(readAlarmQuery('behind', query.replace('* 25', '* 26'), 120)).toBeUndefined()
})

for (const engine of ['hpa', 'keda'] as const)
  test(`fromHelm reads from manifests of ${engine} the policy that toHelm compiled`, () =>
    fc.assert(
      fc.property(fc.oneof(anyPolicy, fc.constantFrom(...Object.values(PRESETS))), (policy) => {
        const reading = fromHelm(manifestsOf(toHelm(policy, engine)))
        expect(reading).toEqual({ policy: canonical(policy), differences: [] })
      }),
      { numRuns: 300 },
    ))

test('fromHelm believes the spec where the annotation says otherwise, and says so', () => {
  const [scaler, ...rest] = manifestsOf(toHelm(CPU_MEMORY, 'hpa'))
  const edited = JSON.parse(
    JSON.stringify(scaler)
      .replace('"maxReplicas":10', '"maxReplicas":30')
      .replace('"averageUtilization":60', '"averageUtilization":50'),
  ) as Json
  const { policy, differences } = fromHelm([edited, ...rest])
  expect(policy.nodesMax).toBe(30)
  expect(policy.rules[0]).toMatchObject({ name: 'cpu', target: 50, outCooldownSeconds: 60 })
  expect(differences).toEqual([
    'rule cpu is not as the annotation says',
    'nodesMax is 30; the annotation says 10',
  ])
})

test('fromHelm makes a policy of an autoscaler that nobody here wrote', () => {
  const { policy } = fromHelm([
    {
      kind: 'HorizontalPodAutoscaler',
      spec: {
        ...{ minReplicas: 3, maxReplicas: 9 },
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
          },
        ],
      },
    },
  ])
  const expected: Policy = {
    ...{ name: 'deployed', nodesMin: 3, nodesMax: 9, capacity: { kind: 'on-demand' } },
    rules: [
      {
        ...{ kind: 'target', name: 'cpu-percent', metric: 'cpuPercent', target: 70, scaleIn: true },
        ...{ outCooldownSeconds: 15, inCooldownSeconds: 300 },
      },
    ],
  }
  expect(policy).toEqual(expected)
  expect(() => fromHelm([{ kind: 'Deployment' }])).toThrow('no HorizontalPodAutoscaler')
})
