// The door of the room: traffic as data, and sending it for real.
export {
  TRAFFIC_KINDS,
  TRAFFIC_MIXES,
  type TrafficKind,
  type TrafficMix,
  type TrafficWeights,
} from './mix.ts'
export type { SendTarget } from './outlet.ts'
export {
  type SendOptions,
  type SendProgress,
  type SendSummary,
  type SendTransport,
  sendTraffic,
} from './send-traffic.ts'
export { generateTraffic, type TrafficOptions, type TrafficPacket } from './traffic.ts'
export {
  buildTrafficRing,
  type TrafficCount,
  TrafficRing,
  type TrafficRingOptions,
} from './traffic-ring.ts'
