// Policies to begin with: three that were published and ran in production, and ours. docs/scaling.md
// argues for every number; `calliope simulate` compares them.
import type { Policy } from './policy.ts'

/** HEP ingestion of a SIP test lab on Fargate: target tracking of CPU and memory. */
export const CPU_MEMORY: Policy = {
  name: 'cpu-memory',
  nodesMin: 1,
  nodesMax: 10,
  rules: [
    { kind: 'target', name: 'cpu', metric: 'cpuPercent', target: 60, ...minuteOutFiveIn() },
    { kind: 'target', name: 'memory', metric: 'memoryPercent', target: 80, ...minuteOutFiveIn() },
  ],
  capacity: { kind: 'on-demand' },
}

/** A telephony company with 4 million calls a day: steps up early, one small step down slowly, spot. */
export const UP_EARLY_DOWN_SLOWLY: Policy = {
  name: 'up-early-down-slowly',
  nodesMin: 2,
  nodesMax: 20,
  rules: [
    {
      kind: 'step',
      name: 'cpu-hot',
      ...{ metric: 'cpuPercent', statistic: 'average', when: 'above', threshold: 85 },
      ...{ periodSeconds: 60, periods: 2, unit: 'percent', steps: [{ from: 0, change: 50 }] },
      cooldownSeconds: 120,
    },
    {
      kind: 'simple',
      name: 'cpu-idle',
      ...{ metric: 'cpuPercent', statistic: 'average', when: 'below', threshold: 30 },
      ...{ periodSeconds: 60, periods: 10, unit: 'percent', change: -10 },
      cooldownSeconds: 300,
    },
    {
      kind: 'step',
      name: 'cpu-warm',
      ...{ metric: 'cpuPercent', statistic: 'average', when: 'above', threshold: 50 },
      ...{ periodSeconds: 300, periods: 1, unit: 'percent', steps: [{ from: 0, change: 50 }] },
      cooldownSeconds: 300,
    },
  ],
  capacity: { kind: 'spot', onDemandBase: 1, onDemandWeight: 0, spotWeight: 1, standInsMax: 4 },
}

/** An HTTP service on a cluster of its own machines: tasks at 80 % CPU, machines at 30 %. */
export const TWO_LEVEL: Policy = {
  name: 'two-level',
  nodesMin: 1,
  nodesMax: 20,
  rules: [{ kind: 'target', name: 'cpu', metric: 'cpuPercent', target: 80, ...minuteOutFiveIn() }],
  capacity: { kind: 'on-demand' },
  hosts: {
    ...{ hostsMin: 1, hostsMax: 10, nodesPerHost: 4, cpuTarget: 30 },
    ...{ outCooldownSeconds: 60, inCooldownSeconds: 300 },
  },
}

/** Ours: what arrives is the signal, what falls behind or is lost is the alarm. */
export const CALLIOPE: Policy = {
  name: 'calliope',
  nodesMin: 2,
  nodesMax: 20,
  rules: [
    {
      kind: 'step',
      name: 'behind',
      ...{ metric: 'behindSeconds', statistic: 'maximum', when: 'above', threshold: 10 },
      ...{ periodSeconds: 30, periods: 2, unit: 'percent', cooldownSeconds: 120 },
      steps: [
        { from: 0, change: 25 },
        { from: 20, change: 50 },
        { from: 50, change: 100 },
      ],
    },
    {
      kind: 'target',
      name: 'cpu',
      metric: 'cpuPercent',
      target: 65,
      ...{ outCooldownSeconds: 60, inCooldownSeconds: 600, scaleIn: true },
    },
    {
      kind: 'step',
      name: 'drops',
      ...{ metric: 'shortDropsPerSecond', statistic: 'maximum', when: 'above', threshold: 0 },
      ...{ periodSeconds: 10, periods: 1, unit: 'percent', cooldownSeconds: 120 },
      steps: [{ from: 0, change: 25 }],
    },
    {
      kind: 'target',
      name: 'packets',
      metric: 'packetsPerSecond',
      target: 30_000,
      ...{ outCooldownSeconds: 60, inCooldownSeconds: 600, scaleIn: true },
    },
  ],
  capacity: { kind: 'spot', onDemandBase: 2, onDemandWeight: 0, spotWeight: 1, standInsMax: 4 },
}

/** Ours, with a floor from the same hour yesterday and last week, standing ten minutes early. */
export const CALLIOPE_FORECAST: Policy = {
  ...CALLIOPE,
  name: 'calliope-forecast',
  rules: [
    ...CALLIOPE.rules.slice(0, 3),
    {
      kind: 'predictive',
      name: 'forecast',
      metric: 'packetsPerSecond',
      target: 30_000,
      leadSeconds: 600,
    },
    ...CALLIOPE.rules.slice(3),
  ],
}

/** All of them, by name. */
export const PRESETS: Readonly<Record<string, Policy>> = Object.fromEntries(
  [CALLIOPE, CALLIOPE_FORECAST, CPU_MEMORY, UP_EARLY_DOWN_SLOWLY, TWO_LEVEL].map((policy) => [
    policy.name,
    policy,
  ]),
)

function minuteOutFiveIn() {
  return { outCooldownSeconds: 60, inCooldownSeconds: 300, scaleIn: true } as const
}
