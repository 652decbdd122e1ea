// How fast Kubernetes may follow a policy: its `behavior` is one for the whole fleet, so the quickest
// rule sets the pace out and the slowest the pace in.
//
//   out   at once, at most doubling or four pods a cooldown
//   in    what was highest within the longest cooldown, then at most 10 % a minute
import type { HpaBehavior } from './deployed.ts'
import type { Policy, Rule } from './policy.ts'

/** Kubernetes takes at most half an hour as period, an hour as window. */
const PERIOD_SECONDS_MAX = 1800
const WINDOW_SECONDS_MAX = 3600

export function behaviorOf({ rules }: Policy): HpaBehavior {
  const outSeconds = Math.min(PERIOD_SECONDS_MAX, ...rules.flatMap(outCooldowns))
  const inSeconds = Math.max(0, ...rules.flatMap(inCooldowns))
  const periodSeconds = Math.max(15, outSeconds)
  const tolerance = rules.some(isFine) ? { tolerance: '0.01' } : {}
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds },
        { type: 'Pods', value: 4, periodSeconds },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: Math.min(WINDOW_SECONDS_MAX, inSeconds),
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
      ...tolerance,
    },
  }
}

const outCooldowns = (rule: Rule): number[] => {
  if (rule.kind === 'target') return [rule.outCooldownSeconds]
  return rule.kind !== 'predictive' && rule.when === 'above' ? [rule.cooldownSeconds] : []
}

const inCooldowns = (rule: Rule): number[] => {
  if (rule.kind === 'target') return rule.scaleIn ? [rule.inCooldownSeconds] : []
  return rule.kind !== 'predictive' && rule.when === 'below' ? [rule.cooldownSeconds] : []
}

// A tenth of the nodes is within the tolerance: it would never go.
const isFine = (rule: Rule): boolean =>
  (rule.kind === 'simple' && rule.when === 'below') ||
  (rule.kind === 'step' && rule.when === 'below')
