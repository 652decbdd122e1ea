// The chart, rendered by the real helm with every set of values in deploy/helm/calliope/ci: the shapes
// are Kubernetes', the parts fit together, and the program takes the configuration.
import { beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { brokenRules } from './chart-rules.ts'
import { checkConfigs } from './check-configs.ts'
import { invalidFields, unknownFields } from './check-shape.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import { podsOf } from './pods.ts'
import {
  CHART,
  type ChartValues,
  helm,
  type Manifest,
  manifestOf,
  renderChart,
} from './render-chart.ts'

const tools = await kubernetesTools()
if (!tools)
  console.warn('\nNOT TESTED: the Helm chart, because helm runs here on Linux on x64 only\n')

const NAMES = readdirSync(join(CHART, 'ci')).map((file) => file.replace('-values.yaml', ''))
const valuesOf = async (name: string): Promise<ChartValues> =>
  parse(await Bun.file(join(CHART, 'ci', `${name}-values.yaml`)).text(), {
    version: '1.1',
    merge: true,
  })

describe.skipIf(!tools)('the chart', () => {
  const rendered = new Map<string, readonly Manifest[]>()
  beforeAll(async () => {
    for (const name of NAMES) rendered.set(name, await renderChart(await valuesOf(name)))
  })
  const of = (name: string) => rendered.get(name)!

  test.each(NAMES)('%s: helm lint --strict finds nothing', async (name) => {
    expect(await helm(['lint', '--strict', CHART], await valuesOf(name))).toContain(
      '0 chart(s) failed',
    )
  })

  test.each(NAMES)(
    '%s: every manifest has what its kind needs, and its parts fit',
    async (name) => {
      expect(await invalidFields(of(name))).toEqual([])
      expect(brokenRules(of(name))).toEqual([])
    },
  )

  test('no manifest has a field that Kubernetes does not know', async () => {
    expect(await unknownFields([...rendered.values()].flat())).toEqual([])
  })

  test.each(NAMES)('%s: calliope check-config takes what the ConfigMaps hold', async (name) => {
    expect(await checkConfigs(of(name))).toEqual([])
  })

  test('a pod may end as long as its drain may take, whatever units the times are in', () => {
    // 10 s before SIGTERM, drain.wait 30 s, drain.timeout 2 min, 15 s to spare.
    const capture = podsOf(of('statefulset-keda')).find(({ of }) => of.startsWith('StatefulSet'))!
    expect(capture.spec.terminationGracePeriodSeconds).toBe(10 + 30 + 120 + 15)
    expect(capture.spec.containers[0]!.lifecycle!.preStop!.sleep!.seconds).toBe(10)
    const usual = podsOf(of('least')).find(({ of }) => of.endsWith('capture'))!
    expect(usual.spec.terminationGracePeriodSeconds).toBe(15 + 60 + 15)
  })

  test('the spool may be nine tenths of its volume', () => {
    const config = manifestOf(of('statefulset-keda'), 'ConfigMap', 'capture').data![
      'calliope.toml'
    ]!
    expect(config).toContain(`bytes_max = "${Math.floor((50 * 2 ** 30 * 9) / 10)}"`)
    const { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy } = manifestOf(
      of('statefulset-keda'),
      'StatefulSet',
    ).spec
    expect(volumeClaimTemplates[0].spec.resources.requests.storage).toBe('50Gi')
    expect(persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    })
  })

  test('another configuration means other pods, the same means the same', async () => {
    const checksum = async (values: ChartValues) =>
      manifestOf(await renderChart(values), 'Deployment', 'capture').spec.template.metadata
        .annotations['checksum/config']
    const least = await valuesOf('least')
    const first = await checksum(least)
    expect(await checksum({ ...least, config: { log: { level: 'debug' } } })).not.toBe(first)
    expect(await checksum({ ...least, serve: { replicas: 3 } })).toBe(first)
  })

  test('UDP and TCP are Services of their own that keep the sender’s address', () => {
    for (const name of ['capture-udp', 'capture-tcp']) {
      const { spec } = manifestOf(of('everything'), 'Service', name)
      expect(spec.externalTrafficPolicy).toBe('Local')
      const protocols = (spec.ports as { protocol: string }[]).map(({ protocol }) => protocol)
      expect(new Set(protocols).size).toBe(1)
    }
    const { ports, loadBalancerSourceRanges } = manifestOf(
      of('everything'),
      'Service',
      'capture-tcp',
    ).spec
    expect(loadBalancerSourceRanges).toEqual(['10.0.0.0/8'])
    expect((ports as { name: string }[]).map(({ name }) => name)).toEqual([
      ...['hep-tcp', 'hep-tls', 'hep-ws'],
    ])
    expect(manifestOf(of('everything'), 'Service', 'capture-udp').spec.ports[0].nodePort).toBe(
      30960,
    )
  })

  test('a DaemonSet is on the node’s network, has no budget, and keeps its spool on the node', () => {
    const manifests = of('daemonset')
    const [pod] = podsOf(manifests).filter(({ of }) => of.startsWith('DaemonSet'))
    expect(pod!.spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
    } as never)
    expect(pod!.spec.volumes!.find(({ name }) => name === 'spool')).toEqual({
      ...{ name: 'spool', hostPath: { path: '/var/lib/calliope', type: 'Directory' } },
    })
    const kinds = manifests.map(({ kind }) => kind)
    expect(kinds).not.toContain('PodDisruptionBudget')
    expect(kinds).not.toContain('HorizontalPodAutoscaler')
  })

  test('a relay finds this release’s pods, and may ask for EndpointSlices and nothing else', () => {
    const to = (name: string) => {
      const config = manifestOf(of(name), 'ConfigMap', 'relay').data!['calliope.toml']!
      return (Bun.TOML.parse(config) as { relay: { to: string[] } }).relay.to
    }
    expect(to('everything')).toEqual(['http+k8s://sip-hep-capture.voice?port=http&name=capture'])
    const headless = manifestOf(of('everything'), 'Service', 'hep-capture').spec
    expect(headless.clusterIP).toBe('None')
    expect((headless.ports as { name: string }[]).map(({ name }) => name)).toContain('http')
    expect(manifestOf(of('everything'), 'Role') as { rules?: unknown }).toMatchObject({
      rules: [
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list'] },
      ],
    } as never)
    // By name it needs no right at all.
    expect(to('relay')).toEqual(['http://sip-calliope-capture.voice.svc:9080?name=capture'])
    expect(of('relay').map(({ kind }) => kind)).not.toContain('Role')
    const [pod] = podsOf(of('relay')).filter(({ of }) => of.endsWith('relay'))
    expect(pod!.spec).toMatchObject({
      hostNetwork: true,
      automountServiceAccountToken: false,
    } as never)
    expect(pod!.spec.containers[0]!.readinessProbe!.httpGet).toMatchObject({
      host: '127.0.0.1',
    } as never)
  })

  test('the fleet page is told the policy that scales the pods', async () => {
    const policyJson = JSON.stringify({ name: 'x"y', rules: [] })
    const manifests = await renderChart({
      ...(await valuesOf('least')),
      autoscaling: { policyJson },
    })
    const { data } = manifestOf(manifests, 'ConfigMap', 'serve')
    expect(data!['policy.json']).toBe(policyJson)
    expect(data!['calliope.toml']).toContain('[fleet]\npolicy = "/etc/calliope/policy.json"')
    const scaler = manifestOf(manifests, 'HorizontalPodAutoscaler')
    expect(scaler.metadata.annotations!['calliope/policy']).toBe(policyJson)
  })

  test('no manifest holds a secret: references to files only', () => {
    for (const manifests of rendered.values())
      for (const { data } of manifests.filter(({ kind }) => kind === 'ConfigMap')) {
        const toml = data!['calliope.toml'] ?? ''
        for (const [, value] of toml.matchAll(/^(?:database|token|keys?|client_secret) = (.*)$/gm))
          expect(value).toMatch(/^"\$\{secret:file:\/run\/secrets\/calliope\/[a-z-]+\}"$/)
      }
  })
})
