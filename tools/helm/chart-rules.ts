// What must hold between the manifests of one release, whatever the values: Kubernetes takes a Service
// that selects nothing, a probe of a port that is not there, a grace shorter than the drain. Each rule
// answers with sentences; none is good.
import { type Container, type Pod, podsOf, selected } from './pods.ts'
import type { Manifest } from './render-chart.ts'

type Rule = (manifests: readonly Manifest[], pods: readonly Pod[]) => string[]

/** Every broken rule of a release, a sentence each. */
export function brokenRules(manifests: readonly Manifest[]): string[] {
  const pods = podsOf(manifests)
  return RULES.flatMap((rule) => rule(manifests, pods))
}

const ofKind = (manifests: readonly Manifest[], ...kinds: string[]) =>
  manifests.filter(({ kind }) => kinds.includes(kind))

const namesAreUnique: Rule = (manifests) => {
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  return names
    .filter((name, n) => names.indexOf(name) !== n)
    .map((name) => `${name} is there twice`)
}

const selectorsFindPods: Rule = (manifests, pods) => {
  const broken: string[] = []
  for (const { kind, metadata, spec } of manifests) {
    const selector =
      kind === 'Service' ? spec.selector : (spec?.podSelector ?? spec?.selector)?.matchLabels
    if (selector !== undefined && selected(pods, selector).length === 0)
      broken.push(`${kind} ${metadata.name} selects no pod`)
    const isWorkload = spec?.template !== undefined
    if (isWorkload && selected(pods, selector).length !== 1)
      broken.push(`${kind} ${metadata.name} selects pods of others`)
  }
  return broken
}

const servicePortsAreOpen: Rule = (manifests, pods) =>
  ofKind(manifests, 'Service').flatMap(({ metadata, spec }) =>
    (spec.ports as { targetPort: string; protocol: string }[]).flatMap(
      ({ targetPort, protocol }) =>
        selected(pods, spec.selector).every((pod) => hasPort(pod, targetPort, protocol))
          ? []
          : [`Service ${metadata.name}: no container opens ${targetPort}/${protocol}`],
    ),
  )

const hasPort = ({ spec }: Pod, name: string, protocol?: string): boolean =>
  spec.containers.some(({ ports = [] }) =>
    ports.some(
      (port) =>
        port.name === name && (protocol === undefined || (port.protocol ?? 'TCP') === protocol),
    ),
  )

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const

const probesAskOpenPorts: Rule = (_, pods) =>
  pods
    .filter(({ manifest }) => manifest.kind !== 'Pod')
    .flatMap((pod) =>
      pod.spec.containers.flatMap((container) =>
        PROBES.flatMap((probe) => {
          const get = container[probe]?.httpGet
          if (!get) return [`${pod.of}: ${container.name} has no ${probe}`]
          return hasPort(pod, get.port, 'TCP') ? [] : [`${pod.of}: ${probe} asks ${get.port}`]
        }),
      ),
    )

const nothingRunsAsRoot: Rule = (_, pods) =>
  pods.flatMap(({ of, spec }) => {
    const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext ?? {}
    const isSafe =
      runAsNonRoot === true &&
      Number(runAsUser) > 0 &&
      (seccompProfile as { type?: string })?.type === 'RuntimeDefault' &&
      !spec.hostPID &&
      !spec.hostIPC &&
      spec.automountServiceAccountToken !== undefined
    const containers = [...spec.containers, ...(spec.initContainers ?? [])]
    return [
      ...(isSafe ? [] : [`${of}: its security context lets it be root, or unconfined`]),
      ...containers
        .filter((container) => !isConfined(container))
        .map(({ name }) => `${of}: ${name}`),
    ]
  })

const isConfined = ({ securityContext: context = {} }: Container): boolean =>
  context.readOnlyRootFilesystem === true &&
  context.allowPrivilegeEscalation === false &&
  context.privileged !== true &&
  context.runAsUser === undefined &&
  JSON.stringify(context.capabilities) === '{"drop":["ALL"]}'

const mountsHaveVolumes: Rule = (_, pods) =>
  pods.flatMap(({ of, spec, claims }) => {
    const volumes = [...(spec.volumes ?? []).map(({ name }) => name), ...claims]
    const mounts = spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts)
    const mounted = new Set(mounts.map(({ name }) => name))
    return [
      ...mounts
        .filter(({ name }) => !volumes.includes(name))
        .map(({ name }) => `${of}: no ${name}`),
      ...volumes.filter((name) => !mounted.has(name)).map((name) => `${of}: ${name} not mounted`),
    ]
  })

const whatIsNamedIsThere: Rule = (manifests, pods) => {
  const names = (kind: string) => ofKind(manifests, kind).map(({ metadata }) => metadata.name)
  const configMaps = names('ConfigMap')
  const accounts = names('ServiceAccount')
  return pods.flatMap(({ of, spec }) => [
    ...(spec.volumes ?? [])
      .filter(({ name, configMap }) => name === 'config' && !configMaps.includes(configMap!.name))
      .map(({ configMap }) => `${of}: no ConfigMap ${configMap!.name}`),
    ...(spec.serviceAccountName === undefined ||
    accounts.includes(spec.serviceAccountName) ||
    accounts.length === 0
      ? []
      : [`${of}: no ServiceAccount ${spec.serviceAccountName}`]),
  ])
}

const oneScalesWhatNobodyCounts: Rule = (manifests) => {
  const scalers = ofKind(manifests, 'HorizontalPodAutoscaler', 'ScaledObject')
  if (scalers.length > 1) return ['more than one scales capture']
  return scalers.flatMap(({ kind, metadata, spec }) => {
    const { name, kind: targetKind } = spec.scaleTargetRef
    const target = manifests.find(
      (other) => other.kind === targetKind && other.metadata.name === name,
    )
    if (!target)
      return [`${kind} ${metadata.name} scales ${targetKind} ${name}, which is not there`]
    const [container] = target.spec.template.spec.containers as Container[]
    return [
      ...(target.spec.replicas === undefined ? [] : [`${name} has replicas, and ${kind} too`]),
      ...(container?.resources?.requests?.cpu ? [] : [`${name}: no CPU request to be a share of`]),
    ]
  })
}

const limitsAreSet: Rule = (_, pods) =>
  pods.flatMap(({ of, spec }) =>
    spec.containers
      .filter(({ resources }) => !resources?.limits?.memory || !resources.requests?.memory)
      .map(({ name }) => `${of}: ${name} has no memory request or limit`),
  )

const budgetsLetNodesDrain: Rule = (manifests) =>
  ofKind(manifests, 'PodDisruptionBudget').flatMap(({ metadata, spec }) =>
    spec.maxUnavailable === 0 ? [`${metadata.name} lets no node drain`] : [],
  )

const RULES: readonly Rule[] = [
  ...[namesAreUnique, selectorsFindPods, servicePortsAreOpen, probesAskOpenPorts],
  ...[nothingRunsAsRoot, mountsHaveVolumes, whatIsNamedIsThere, oneScalesWhatNobodyCounts],
  ...[limitsAreSet, budgetsLetNodesDrain],
]
