// What traffic is made of: the kinds of scenes and how often each begins.

/** Every kind of scene, and what makes it one. */
export const TRAFFIC_KINDS = [
  'answered', // a plain call, seven messages
  'failed', // 404, 486, 503 or 603
  'cancelled', // the caller gives up: CANCEL and 487
  'unanswered', // 408 or 480
  'long', // an answered call whose BYE comes minutes later
  'natted', // an answered call from behind NAT: private Contact, received and rport
  'tapped', // an answered call seen by two capture agents, a little apart
  'bridged', // two legs of a B2BUA, joined by X-CID or Session-ID
  'retransmitted', // an answered call with repeated INVITE and 200
  'reported', // an answered call with RTCP reports and a log line
  'registered', // REGISTER, 401, REGISTER, 200
  'pinged', // OPTIONS, 200
] as const
export type TrafficKind = (typeof TRAFFIC_KINDS)[number]

/** How many of a hundred or so scenes are of each kind. */
export type TrafficWeights = Readonly<Partial<Record<TrafficKind, number>>>

/** Mixes by name. */
export const TRAFFIC_MIXES = {
  calls: { answered: 1 },
  mixed: {
    ...{ answered: 32, failed: 10, cancelled: 6, unanswered: 5, long: 3, natted: 6, tapped: 6 },
    ...{ bridged: 6, retransmitted: 3, reported: 5, registered: 10, pinged: 8 },
  },
  registrations: { registered: 1 },
  options: { pinged: 1 },
} as const satisfies Record<string, TrafficWeights>
export type TrafficMix = keyof typeof TRAFFIC_MIXES

/** Of the kinds in the mix, the one a number from 0 to 1 falls on. */
export function pickKind(weights: TrafficWeights, chance: number): TrafficKind {
  const entries = TRAFFIC_KINDS.map((kind) => [kind, weights[kind] ?? 0] as const)
  let left = chance * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight] of entries) {
    left -= weight
    if (left < 0) return kind
  }
  throw new RangeError('the mix gives no kind of scene a weight above zero')
}
