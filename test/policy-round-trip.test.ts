// What was simulated is what is deployed: a policy goes through `calliope policy`'s own forms, the real
// Terraform module and the real chart, and is read back from the planned resources and the manifests.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  canonical,
  fromHelm,
  fromPlan,
  type Json,
  type Policy,
  PRESETS,
  toHelm,
  toTerraform,
} from '#fleet'
import { anyPolicy } from '../src/fleet/policy/test-policies.ts'
import { kubernetesTools } from '../tools/helm/kubernetes-tools.ts'
import { LEAST_VALUES, renderChart } from '../tools/helm/render-chart.ts'
import { type PlanJson, plansOf } from '../tools/tf-schema-provider/plan.ts'
import { hasTerraform } from '../tools/tf-schema-provider/terraform.ts'
import { estate } from './terraform/variables.ts'

// Of any policies there may be a few that do not change from run to run: each costs a process.
const some = fc.sample(anyPolicy, { seed: 7, numRuns: 3 })
const policies: readonly Policy[] = [...Object.values(PRESETS), ...some]

describe.if(hasTerraform())('Terraform', () => {
  test('fromPlan reads every preset from the plan that the module makes of it', async () => {
    const variants = Object.fromEntries(
      policies.map((policy, at) => [`p${at}`, variablesOf(policy)]),
    )
    const plans = await plansOf('modules/capture', variants)
    policies.forEach((policy, at) => {
      const reading = fromPlan(plans[`p${at}`]!.json as PlanJson as unknown as Json)
      expect(reading).toEqual({ policy: canonical(policy), differences: [] })
    })
  }, 120_000)
})

const variablesOf = (policy: Policy) => ({
  ...estate,
  scaling: toTerraform(policy),
  // Only machines of one's own have hosts that scale.
  ...(policy.hosts ? { compute: { kind: 'ec2' } } : {}),
})

const hasHelm = (await kubernetesTools()) !== undefined

for (const engine of ['hpa', 'keda'] as const)
  test.if(hasHelm)(
    `fromHelm reads every preset from the chart's ${engine} manifests`,
    async () => {
      for (const policy of policies) {
        const { autoscaling, spot } = toHelm(policy, engine)
        const prometheusAddress = 'http://prometheus.monitoring:9090'
        const values = { ...LEAST_VALUES, autoscaling: { ...autoscaling, prometheusAddress }, spot }
        const manifests = await renderChart(values)
        const reading = fromHelm(manifests as unknown as Json[])
        expect(reading).toEqual({ policy: canonical(policy), differences: [] })
      }
    },
    60_000,
  )
