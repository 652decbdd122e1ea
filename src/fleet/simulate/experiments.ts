// The standing experiments: every preset against every trace, with two senders, two senders behind relays,
// and two hundred senders. docs/simulate.md holds their table, which `calliope simulate --experiments` writes.

import type { Policy } from '../policy/policy.ts'
import { PRESETS } from '../policy/presets.ts'
import { simulate } from './simulate.ts'
import {
  mainCause,
  recoveryText,
  type Summary,
  secondsText,
  shareText,
  summarise,
} from './summary.ts'
import { namedTrace, TRACE_NAMES, type TraceName } from './traces.ts'
import { RELAY, type SendersModel, type World, worldWith } from './world.ts'

export interface ExperimentOptions {
  /** Packets a second at the highest point of every trace. */
  readonly peak: number
  /** Runs of each, seeds 1 and up. */
  readonly runs: number
}

interface Setting {
  readonly name: string
  readonly senders: Partial<SendersModel>
}

const SETTINGS: readonly Setting[] = [
  { name: '2 senders', senders: { senders: 2 } },
  { name: '2 senders, relays', senders: { senders: 2, relay: RELAY } },
  { name: '200 senders', senders: { senders: 200 } },
]

/** Several runs of one policy against one named trace, seeds 1 and up. */
export function runsOf(
  policy: Policy,
  trace: TraceName,
  world: World,
  { peak, runs }: ExperimentOptions,
): Summary {
  const results = Array.from({ length: runs }, (_, i) =>
    simulate({ policy, world, seed: i + 1, trace: namedTrace(trace, { peak, seed: i + 1 }) }),
  )
  return summarise(results)
}

/** A forecast is the same as no forecast while there is no yesterday. */
const policiesFor = (trace: TraceName): Policy[] =>
  Object.values(PRESETS).filter(
    ({ rules }) => trace === 'two-days' || rules.every(({ kind }) => kind !== 'predictive'),
  )

/** All experiments as Markdown: a table for each way of sending. */
export function experimentTables(options: ExperimentOptions): string {
  const parts = SETTINGS.map(({ name, senders }) => {
    const world = worldWith({ senders })
    const rows = TRACE_NAMES.flatMap((trace) =>
      policiesFor(trace).map((policy, i) =>
        markdownRow(i === 0 ? trace : '', runsOf(policy, trace, world, options)),
      ),
    )
    return [`### ${name}`, '', ...HEAD, ...rows].join('\n')
  })
  const { peak, runs } = options
  const line = `Peak ${peak.toLocaleString('en-US')} packets a second; means of ${runs} runs (seeds 1 to ${runs}); "worst minute" and "most" over all of them.`
  return [line, ...parts].join('\n\n')
}

const TITLES = [
  ...['trace', 'policy', 'lost', 'mostly by', 'worst minute', 'delay p99', 'bad minutes'],
  ...[
    'nodes mean / most',
    'cost',
    'per million',
    'flaps',
    'skew p95',
    'short / idle',
    'well again after',
  ],
]
const HEAD = [`| ${TITLES.join(' | ')} |`, `| --- | --- |${' ---: |'.repeat(TITLES.length - 2)}`]

function markdownRow(trace: string, s: Summary): string {
  const cells = [
    ...[trace, s.policy, s.lostShare < 1e-9 ? 'none' : `**${shareText(s.lostShare)}**`],
    ...[mainCause(s) ?? '', s.lostShare < 1e-9 ? '' : shareText(s.worstMinuteLoss)],
    ...[secondsText(s.delayP99), s.badMinutes.toFixed(0)],
    ...[`${s.nodesMean.toFixed(1)} / ${s.nodesMost}`, `$${s.dollars.toFixed(2)}`],
    ...[`$${s.dollarsPerMillion.toFixed(4)}`, s.flaps.toFixed(0), s.skewP95.toFixed(1)],
    `${(s.underAccuracy * 100).toFixed(0)} / ${(s.overAccuracy * 100).toFixed(0)} %`,
    recoveryText(s),
  ]
  return `| ${cells.join(' | ')} |`
}
