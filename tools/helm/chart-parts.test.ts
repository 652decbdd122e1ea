// What the manifests say: how long a pod may take to end, how many there are, who reaches whom, where
// secrets come from.
import { beforeAll, describe, expect, test } from 'bun:test'
import { CI_NAMES, ciManifests, ciValues } from './ci-values.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import { podsOf } from './pods.ts'
import { type ChartValues, type Manifest, manifestOf, renderChart } from './render-chart.ts'

const tools = await kubernetesTools()

describe.skipIf(!tools)('the chart', () => {
  const rendered = new Map<string, readonly Manifest[]>()
  beforeAll(async () => {
    for (const name of CI_NAMES) rendered.set(name, await ciManifests(name))
  })
  const of = (name: string) => rendered.get(name)!

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
    const least = await ciValues('least')
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
      ...(await ciValues('least')),
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

  test('the HPA says the numbers of the values, and nothing says them again', async () => {
    const manifests = of('least')
    const { spec } = manifestOf(manifests, 'HorizontalPodAutoscaler')
    expect(spec).toMatchObject({ minReplicas: 2, maxReplicas: 10 })
    expect(spec.metrics).toEqual([
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
      },
    ])
    expect(spec.behavior.scaleDown).toEqual({
      ...{ stabilizationWindowSeconds: 300, selectPolicy: 'Min' },
      policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
    })
    expect(manifests.map(({ kind }) => kind)).not.toContain('ScaledObject')
    expect(manifestOf(of('csi'), 'Deployment', 'capture').spec.replicas).toBe(3)
  })

  test('the ScaledObject says them for KEDA, which learns where Prometheus is', () => {
    const manifests = of('statefulset-keda')
    const { spec } = manifestOf(manifests, 'ScaledObject')
    expect(spec).toMatchObject({ minReplicaCount: 2, maxReplicaCount: 20, pollingInterval: 15 })
    expect(spec.scaleTargetRef).toMatchObject({ kind: 'StatefulSet', name: 'sip-calliope-capture' })
    expect(spec.triggers[1].metadata).toEqual({
      query: 'sum(calliope_packets_per_second{namespace="voice"})',
      ...{ threshold: '50000', serverAddress: 'http://prometheus-operated.monitoring:9090' },
    })
    expect(manifests.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler')
  })

  test('spot nodes are preferred by weight, beside what the values ask for', () => {
    const [pod] = podsOf(of('everything')).filter(({ of }) => of.endsWith('capture'))
    type Terms = Record<string, { weight: number }[]>
    const { affinity } = pod!.spec as { affinity?: { nodeAffinity: Terms } }
    const { preferredDuringSchedulingIgnoredDuringExecution: preferred, ...required } =
      affinity!.nodeAffinity
    expect(Object.keys(required)).toEqual(['requiredDuringSchedulingIgnoredDuringExecution'])
    expect(preferred!.map(({ weight }) => weight)).toEqual([25, 75])
    const [serve] = podsOf(of('everything')).filter(({ of }) => of.endsWith('serve'))
    expect(serve!.spec).not.toHaveProperty('affinity')
  })

  test('an ExternalSecret asks for every key that is mounted, and no other', () => {
    const manifests = of('everything')
    const { spec } = manifestOf(manifests, 'ExternalSecret')
    const keys = (spec.data as { secretKey: string }[]).map(({ secretKey }) => secretKey)
    const configs = manifests.map(({ data }) => data?.['calliope.toml'] ?? '').join()
    const used = [...configs.matchAll(/\/run\/secrets\/calliope\/([a-z-]+)/g)].map(
      ([, key]) => key!,
    )
    expect(keys).toEqual([...new Set(used)].sort())
    expect(spec.data[0].remoteRef.key).toBe('voice/calliope')
    for (const { spec } of podsOf(manifests).filter(({ manifest }) => manifest.kind !== 'Pod'))
      expect(spec.volumes).toContainEqual({
        name: 'secrets',
        secret: { secretName: 'sip-hep', defaultMode: 0o440 },
      } as never)
  })

  test('with the CSI driver there is no Secret, and Prometheus needs a token of its own', async () => {
    for (const { spec } of podsOf(of('csi')).filter(({ manifest }) => manifest.kind !== 'Pod'))
      expect(spec.volumes).toContainEqual({
        name: 'secrets',
        csi: {
          ...{ driver: 'secrets-store.csi.k8s.io', readOnly: true },
          volumeAttributes: { secretProviderClass: 'calliope' },
        },
      } as never)
    const without = { ...(await ciValues('csi')), monitoring: { podMonitor: { enabled: true } } }
    expect(renderChart(without)).rejects.toThrow('monitoring.podMonitor.tokenSecret')
  })

  test('a NetworkPolicy lets in senders, browsers, Prometheus and the test, each to its port', () => {
    const { spec } = manifestOf(of('everything'), 'NetworkPolicy', 'capture')
    const rules = spec.ingress as { from: object[]; ports: { port: string }[] }[]
    const ports = rules.map(({ ports }) => ports.map(({ port }) => port))
    // Relays give HEP over HTTP.
    expect(ports).toEqual([['hep-udp', 'hep-tcp', 'hep-tls', 'hep-ws', 'http'], ['http'], ['http']])
    expect(rules[0]!.from).toEqual([{ ipBlock: { cidr: '10.0.0.0/8' } }])
    expect(spec.egress[1]).toEqual({
      ...{ ports: [{ port: 5432, protocol: 'TCP' }], to: [{ ipBlock: { cidr: '10.20.0.0/16' } }] },
    })
    const serve = manifestOf(of('everything'), 'NetworkPolicy', 'serve').spec
    expect(serve.ingress[0].from[0].namespaceSelector.matchLabels).toEqual({
      'kubernetes.io/metadata.name': 'ingress-nginx',
    })
  })

  test('an Ingress with TLS tells the program what browsers call it', () => {
    const config = manifestOf(of('everything'), 'ConfigMap', 'serve').data!['calliope.toml']!
    expect(config).toContain('public_url = "https://calliope.voice.example"')
    const { spec } = manifestOf(of('everything'), 'Ingress')
    expect(spec.tls).toEqual([{ hosts: ['calliope.voice.example'], secretName: 'calliope-tls' }])
    expect(spec.rules[0].http.paths[0].backend.service).toEqual({
      ...{ name: 'sip-hep-serve', port: { name: 'http' } },
    })
  })
})
