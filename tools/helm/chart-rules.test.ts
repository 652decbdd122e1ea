// A rule that never complains holds nothing: each is shown a chart broken in its own way.
import { describe, expect, test } from 'bun:test'
import { brokenRules } from './chart-rules.ts'
import { invalidFields, unknownFields } from './check-shape.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import { LEAST_VALUES, type Manifest, manifestOf, renderChart } from './render-chart.ts'

const tools = await kubernetesTools()

// biome-ignore lint/suspicious/noExplicitAny: manifests are broken at any place
type Anything = any
const of = (manifests: Manifest[], kind: string, end = ''): Anything =>
  manifestOf(manifests, kind, end)
const pod = (manifests: Manifest[]): Anything =>
  of(manifests, 'Deployment', 'capture').spec.template.spec

const BREAKS: readonly (readonly [string, (manifests: Manifest[]) => void, RegExp])[] = [
  [
    'a Service that selects nothing',
    (all) => {
      of(all, 'Service', 'capture-udp').spec.selector['app.kubernetes.io/component'] = 'captures'
    },
    /^Service sip-calliope-capture-udp selects no pod$/,
  ],
  [
    'a workload that selects pods of another',
    (all) => {
      delete of(all, 'Deployment', 'serve').spec.selector.matchLabels['app.kubernetes.io/component']
    },
    /^Deployment sip-calliope-serve selects pods of others$/,
  ],
  [
    'a port of a Service that nobody opens',
    (all) => {
      of(all, 'Service', 'capture-tcp').spec.ports[0].targetPort = 'hep-tls'
    },
    /^Service sip-calliope-capture-tcp: no container opens hep-tls\/TCP$/,
  ],
  [
    'a port of the wrong protocol',
    (all) => {
      of(all, 'Service', 'capture-udp').spec.ports[0].protocol = 'TCP'
    },
    /no container opens hep-udp\/TCP$/,
  ],
  [
    'a probe of a port that is not there',
    (all) => {
      pod(all).containers[0].readinessProbe.httpGet.port = 'https'
    },
    /^Deployment sip-calliope-capture: readinessProbe asks https$/,
  ],
  [
    'a container without a probe',
    (all) => {
      delete pod(all).containers[0].livenessProbe
    },
    /capture has no livenessProbe$/,
  ],
  [
    'a pod that may be root',
    (all) => {
      pod(all).securityContext.runAsUser = 0
    },
    /security context lets it be root/,
  ],
  [
    'a container that keeps a capability',
    (all) => {
      pod(all).containers[0].securityContext.capabilities.add = ['NET_ADMIN']
    },
    /^Deployment sip-calliope-capture: capture$/,
  ],
  [
    'a root file system that can be written',
    (all) => {
      pod(all).containers[0].securityContext.readOnlyRootFilesystem = false
    },
    /^Deployment sip-calliope-capture: capture$/,
  ],
  [
    'a mount without a volume',
    (all) => {
      pod(all).volumes.pop()
    },
    /^Deployment sip-calliope-capture: no spool$/,
  ],
  [
    'a ConfigMap that is not there',
    (all) => {
      of(all, 'ConfigMap', 'capture').metadata.name = 'other'
    },
    /: no ConfigMap sip-calliope-capture$/,
  ],
  [
    'an account that is not there',
    (all) => {
      of(all, 'ServiceAccount', 'serve').metadata.name = 'other'
    },
    /: no ServiceAccount sip-calliope-serve$/,
  ],
  [
    'replicas beside an HPA',
    (all) => {
      of(all, 'Deployment', 'capture').spec.replicas = 2
    },
    /^sip-calliope-capture has replicas, and HorizontalPodAutoscaler too$/,
  ],
  [
    'an HPA of something else',
    (all) => {
      of(all, 'HorizontalPodAutoscaler').spec.scaleTargetRef.kind = 'StatefulSet'
    },
    /scales StatefulSet sip-calliope-capture, which is not there$/,
  ],
  [
    'two that scale',
    (all) => {
      all.push({ ...of(all, 'HorizontalPodAutoscaler'), kind: 'ScaledObject' })
    },
    /^more than one scales capture$/,
  ],
  [
    'a share of no CPU request',
    (all) => {
      delete pod(all).containers[0].resources.requests.cpu
    },
    /no CPU request to be a share of$/,
  ],
  [
    'no memory limit',
    (all) => {
      delete pod(all).containers[0].resources.limits
    },
    /capture has no memory request or limit$/,
  ],
  [
    'a budget that lets no node drain',
    (all) => {
      of(all, 'PodDisruptionBudget', 'capture').spec.maxUnavailable = 0
    },
    /^sip-calliope-capture lets no node drain$/,
  ],
]

describe.skipIf(!tools)('the rules of the chart', () => {
  test.each(BREAKS)('brokenRules sees %s', async (_, breaks, sentence) => {
    const manifests = structuredClone(await renderChart(LEAST_VALUES))
    breaks(manifests)
    expect(brokenRules(manifests).filter((rule) => sentence.test(rule))).toHaveLength(1)
  })

  test('invalidFields and unknownFields see a wrong type, a missing field, and one there is not', async () => {
    const manifests = structuredClone(await renderChart(LEAST_VALUES))
    of(manifests, 'HorizontalPodAutoscaler').spec.maxReplicas = 'ten'
    delete of(manifests, 'Deployment', 'serve').spec.selector
    pod(manifests).containers[0].livenesProbe = {}
    const invalid = (await invalidFields(manifests)).join('\n')
    expect(invalid).toContain('sip-calliope-capture: data/spec/maxReplicas must be integer')
    expect(invalid).toContain('sip-calliope-serve')
    const unknown = (await unknownFields(manifests)).join('\n')
    expect(unknown).toContain('livenesProbe')
    expect(unknown).toContain("'string' is not assignable to type 'number'")
  })
})
