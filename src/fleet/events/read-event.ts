// From what EventBridge delivers to what it means for us. Anything else is `ignored`, with a reason
// that is counted; nothing here throws, whatever the event looks like.
import type { FleetConfig } from './config.ts'

export type FleetEvent =
  /** A spot task was told to go, or one could not be had. */
  | { readonly kind: 'spot-short'; readonly why: 'interrupted' | 'placement' }
  /** A spot machine goes in two minutes, with every task on it. */
  | { readonly kind: 'host-leaving'; readonly instanceId: string }
  /** A container instance came, changed or went. */
  | { readonly kind: 'hosts-changed' }
  /** The spot service has all it wants. */
  | { readonly kind: 'spot-steady' }
  /** Time to look at everything. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason }

export type IgnoredReason =
  | 'not-an-event'
  | 'unknown-type'
  | 'other-cluster'
  | 'other-service'
  | 'other-cause'
  | 'not-configured'

// Both words are used for a spot task that is taken: the newer one by Fargate, the older one too and
// by hosts that are terminated.
const SPOT_STOP_CODES = ['SpotInterruption', 'TerminationNotice']
const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/

type Fields = Readonly<Record<string, unknown>>

export function readEvent(event: unknown, config: FleetConfig): FleetEvent {
  if (!isFields(event) || typeof event['detail-type'] !== 'string') return ignored('not-an-event')
  const detail = isFields(event.detail) ? event.detail : {}
  const read = READERS[`${event.source} / ${event['detail-type']}`]
  return read ? read(detail, config, event) : ignored('unknown-type')
}

type Reader = (detail: Fields, config: FleetConfig, event: Fields) => FleetEvent

const READERS: Readonly<Record<string, Reader>> = {
  'aws.ecs / ECS Task State Change': (detail, config) => {
    if (!config.spot) return ignored('not-configured')
    if (!isOurs(detail, config)) return ignored('other-cluster')
    if (detail.group !== `service:${config.spot.service}`) return ignored('other-service')
    return SPOT_STOP_CODES.includes(String(detail.stopCode))
      ? { kind: 'spot-short', why: 'interrupted' }
      : ignored('other-cause')
  },
  'aws.ecs / ECS Service Action': (detail, config, event) => {
    if (!config.spot) return ignored('not-configured')
    if (!isOurs(detail, config)) return ignored('other-cluster')
    if (!resourcesOf(event).includes(config.spot.service)) return ignored('other-service')
    if (detail.eventName === 'SERVICE_TASK_PLACEMENT_FAILURE')
      return { kind: 'spot-short', why: 'placement' }
    return detail.eventName === 'SERVICE_STEADY_STATE'
      ? { kind: 'spot-steady' }
      : ignored('other-cause')
  },
  'aws.ecs / ECS Container Instance State Change': (detail, config) => {
    if (!config.perHost) return ignored('not-configured')
    return isOurs(detail, config) ? { kind: 'hosts-changed' } : ignored('other-cluster')
  },
  // Says nothing of a cluster: whether the machine is ours is asked of ECS.
  'aws.ec2 / EC2 Spot Instance Interruption Warning': (detail, config) => {
    if (!config.spot) return ignored('not-configured')
    const instanceId = String(detail['instance-id'])
    return INSTANCE_ID.test(instanceId)
      ? { kind: 'host-leaving', instanceId }
      : ignored('not-an-event')
  },
  'aws.events / Scheduled Event': () => ({ kind: 'tick' }),
  'aws.scheduler / Scheduled Event': () => ({ kind: 'tick' }),
}

const ignored = (reason: IgnoredReason): FleetEvent => ({ kind: 'ignored', reason })

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const lastPart = (text: unknown): string => String(text).split('/').at(-1)!

const isOurs = ({ clusterArn }: Fields, { cluster }: FleetConfig): boolean =>
  lastPart(clusterArn) === cluster

const resourcesOf = ({ resources }: Fields): string[] =>
  Array.isArray(resources) ? resources.map(lastPart) : []
