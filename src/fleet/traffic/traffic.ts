// One model of a platform's traffic, as data: who calls whom and when, how it goes, and which
// capture agent mirrors each message. `calliope load` sends it for real; a simulator can replay it
// in virtual time. The same options give the same packets, byte for byte.
//
//   scenes begin at random ──▶ steps of each scene ──▶ packets, one per agent that saw the step
//   (a Poisson process)        (minutes, for calls)    in order of time, scenes interleaved
import { type HepPacketFields, PROTOCOL } from '#hep'
import {
  pickKind,
  TRAFFIC_MIXES,
  type TrafficKind,
  type TrafficMix,
  type TrafficWeights,
} from './mix.ts'
import { Random } from './random.ts'
import { playScene, type Scene } from './scene.ts'
import type { Step } from './script.ts'
import { TimeQueue } from './time-queue.ts'

export interface TrafficOptions {
  /** @default 1 */
  readonly seed?: number
  /** A named mix, or weights per kind. @default 'mixed' */
  readonly mix?: TrafficMix | TrafficWeights
  /** Scenes (calls, registrations, pings) that begin per second of virtual time. @default 20 */
  readonly startsPerSecond?: number
  /** Scenes to begin in all; those begun are played to their end. @default endless */
  readonly starts?: number
  /** Capture ids of the agents; each also has a node name. @default [2001, 2002] */
  readonly captureIds?: readonly number[]
  /** Node name of the agents. @default 'edge-' and the capture id */
  readonly captureNode?: string
  /** Key the agents send in every frame. @default none */
  readonly authKey?: string
  /** What the packets' clock says when the traffic begins. @default 0 */
  readonly startUs?: number
}

/** A packet, when it is captured, and what it belongs to. */
export interface TrafficPacket {
  /** Microseconds since the traffic began. */
  readonly offsetUs: number
  readonly kind: TrafficKind
  /** Number of the scene, from 0. */
  readonly scene: number
  readonly callId: string
  readonly packet: HepPacketFields
  /** Parts of the text that tell this scene from others; see Scene. */
  readonly vary: string
  readonly numbers: readonly string[]
}

/** The traffic of a platform, packet by packet in order of time. */
export function* generateTraffic(options: TrafficOptions = {}): Generator<TrafficPacket> {
  const {
    seed = 1,
    mix = 'mixed',
    startsPerSecond = 20,
    starts = Number.POSITIVE_INFINITY,
  } = options
  const weights: TrafficWeights = typeof mix === 'string' ? TRAFFIC_MIXES[mix] : mix
  const random = new Random(seed)
  const agents = agentsOf(options)
  const due = new TimeQueue<TrafficPacket>()
  let startUs = 0
  for (let index = 0; index < starts; index++) {
    while (due.nextAtUs <= startUs) yield due.pop()!
    const scene = playScene(pickKind(weights, random.next()), random, seed, index)
    for (const packet of capture(scene, index, startUs, agents, random))
      due.push(packet.offsetUs, packet)
    startUs += Math.ceil(random.exponential(1e6 / startsPerSecond))
  }
  for (let packet = due.pop(); packet !== undefined; packet = due.pop()) yield packet
}

/** What mirrors messages: the fields its frames have in common. */
interface Agent {
  readonly fields: Pick<HepPacketFields, 'captureId' | 'captureNode' | 'authKey'>
  readonly startUs: number
}

const agentsOf = ({
  captureIds = [2001, 2002],
  captureNode,
  authKey = '',
  startUs = 0,
}: TrafficOptions): Agent[] =>
  captureIds.map((captureId) => ({
    fields: { captureId, captureNode: captureNode ?? `edge-${captureId}`, authKey },
    startUs,
  }))

function* capture(
  { kind, steps, vary, numbers }: Scene,
  scene: number,
  startUs: number,
  agents: readonly Agent[],
  random: Random,
): Generator<TrafficPacket> {
  const home = random.integer(0, agents.length - 1)
  const other = agents[(home + 1) % agents.length]!
  for (const step of steps) {
    const offsetUs = startUs + step.atUs
    const about = { kind, scene, callId: step.callId, vary, numbers }
    yield { ...about, offsetUs, packet: packetOf(step, agents[home]!, offsetUs) }
    if (kind !== 'tapped') continue
    const laterUs = offsetUs + random.integer(40, 900) // the next tap on the message's way
    yield { ...about, offsetUs: laterUs, packet: packetOf(step, other, laterUs) }
  }
}

const packetOf = (step: Step, { fields, startUs }: Agent, offsetUs: number): HepPacketFields => ({
  srcIp: step.src.ip,
  dstIp: step.dst.ip,
  srcPort: step.src.port,
  dstPort: step.dst.port,
  atUs: startUs + offsetUs,
  protocolType: step.protocolType,
  correlationId: step.protocolType === PROTOCOL.sip ? '' : step.callId,
  ...fields,
  payload: Buffer.from(step.text),
})
