// The door of the room: traffic as data, and sending it for real.

export { type AwsCredentials, awsCredentials } from './aws-credentials.ts'
export { decide, HISTORY_SECONDS, splitCapacity } from './policy/decide.ts'
export { ECS_ENGINE, ECS_FAST_ENGINE, HPA_ENGINE } from './policy/engines.ts'
export { METRICS, type Metric, type MetricName, metricOf } from './policy/metrics.ts'
export type {
  Capacity,
  Decide,
  Decision,
  Engine,
  HostLevel,
  Policy,
  PolicyState,
  Rule,
  Sample,
  Spread,
} from './policy/policy.ts'
export { CALLIOPE, PRESETS } from './policy/presets.ts'
export { initialState } from './policy/state.ts'
export { type SpotNotice, spotNotice } from './spot-notice.ts'
export { TaskProtection, type TaskProtectionOptions } from './task-protection.ts'
export {
  TRAFFIC_KINDS,
  TRAFFIC_MIXES,
  type TrafficKind,
  type TrafficMix,
  type TrafficWeights,
} from './traffic/mix.ts'
export type { SendTarget } from './traffic/outlet.ts'
export {
  type SendOptions,
  type SendProgress,
  type SendSummary,
  type SendTransport,
  sendTraffic,
} from './traffic/send-traffic.ts'
export { generateTraffic, type TrafficOptions, type TrafficPacket } from './traffic/traffic.ts'
export {
  buildTrafficRing,
  type TrafficCount,
  TrafficRing,
  type TrafficRingOptions,
} from './traffic/traffic-ring.ts'
