// The chart, rendered by the real helm with every set of values in deploy/helm/calliope/ci: the shapes
// are Kubernetes', the parts fit together, and the program takes the configuration.
import { describe, expect, test } from 'bun:test'
import { brokenRules } from './chart-rules.ts'
import { checkConfigs } from './check-configs.ts'
import { invalidFields, unknownFields } from './check-shape.ts'
import { CI_NAMES, ciManifests, ciValues } from './ci-values.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import { CHART, helm } from './render-chart.ts'

const tools = await kubernetesTools()
if (!tools)
  console.warn('\nNOT TESTED: the Helm chart, because helm runs here on Linux on x64 only\n')

describe.skipIf(!tools)('the chart', () => {
  test.each(CI_NAMES)('%s: helm lint --strict finds nothing', async (name) => {
    expect(await helm(['lint', '--strict', CHART], await ciValues(name))).toContain(
      '0 chart(s) failed',
    )
  })

  test.each(CI_NAMES)(
    '%s: every manifest has what its kind needs, and its parts fit',
    async (name) => {
      const manifests = await ciManifests(name)
      expect(await invalidFields(manifests)).toEqual([])
      expect(brokenRules(manifests)).toEqual([])
    },
  )

  test('no manifest has a field that Kubernetes does not know', async () => {
    const all = await Promise.all(CI_NAMES.map(ciManifests))
    expect(await unknownFields(all.flat())).toEqual([])
  })

  test.each(CI_NAMES)('%s: calliope check-config takes what the ConfigMaps hold', async (name) => {
    expect(await checkConfigs(await ciManifests(name))).toEqual([])
  })
})
