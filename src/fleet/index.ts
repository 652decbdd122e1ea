// The door of the room: traffic as data, and sending it for real.
export {
  TRAFFIC_KINDS,
  TRAFFIC_MIXES,
  type TrafficKind,
  type TrafficMix,
  type TrafficWeights,
} from './mix.ts'
export { generateTraffic, type TrafficOptions, type TrafficPacket } from './traffic.ts'
