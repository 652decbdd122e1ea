// Our own policy in the size of this machine: the same rules, a node that is full at fewer packets.
import { type Policy, PRESETS } from '#fleet'

export interface DemoPolicyOptions {
  readonly nodesMin: number
  readonly nodesMax: number
  /** What one node shall carry. */
  readonly packetsPerNode: number
}

/**
 * Several nodes share two cores here, so that their CPU says nothing about how much more they could
 * take: packets per node decide, and what is lost or falls behind rings the alarm.
 */
export function demoPolicy({ nodesMin, nodesMax, packetsPerNode }: DemoPolicyOptions): Policy {
  const preset = PRESETS.calliope!
  const rules = preset.rules
    .filter(({ name }) => name !== 'cpu')
    .map((rule) =>
      rule.kind === 'target' && rule.metric === 'packetsPerSecond'
        ? { ...rule, target: packetsPerNode, inCooldownSeconds: 300 }
        : rule,
    )
  const capacity = { kind: 'on-demand' } as const
  return { ...preset, name: 'calliope-demo', nodesMin, nodesMax, rules, capacity }
}
