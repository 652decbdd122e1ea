// What a simulation assumes of the world, each figure with where it comes from. Everything is a
// parameter; docs/simulate.md lists them. Times in seconds, rates in packets a second.

/** One node. The CPU of a message is measured (docs/benchmarks.md), times 1.5: a Fargate vCPU is half a core. */
export interface NodeModel {
  /** vCPUs. */
  readonly cpus: number
  readonly memoryMib: number
  /** From the socket to the spool. */
  readonly receiveMicros: number
  /** From the spool to the database, without the database's own work. */
  readonly storeMicros: number
  /** The writer is one thread: more vCPUs do not make it faster than this. */
  readonly storeRateMax: number
  readonly spoolPackets: number
  /** Resident when idle, and for each thousand packets a second. */
  readonly memoryIdleMib: number
  readonly memoryMibPerThousand: number
  /** From the wire into a committed row when nothing waits. */
  readonly storeDelay: number
  /** `drain.wait`: how long after SIGTERM it goes on receiving. */
  readonly drainWait: number
  /** SIGTERM to SIGKILL. */
  readonly stopAfter: number
  /** `drain.handover`: what could not be stored in time is fetched and stored by another node. */
  readonly handsOver: boolean
  readonly adoptAfter: number
}

/** A network load balancer: a flow is pinned to its target until it is idle or the target is gone. */
export interface BalancerModel {
  readonly idle: number
  readonly healthInterval: number
  readonly healthyCount: number
  readonly unhealthyCount: number
  /** Until a new target is asked for its health at all. */
  readonly register: number
  /** Deregistration delay: a target that was taken off keeps its flows so long. */
  readonly deregister: number
}

/** The engine under the fleet: how long it takes to do and to notice. */
export interface PlatformModel {
  /** A decision becomes a task that is being made. */
  readonly place: number
  /** Network interface, image pull and start of the process. */
  readonly start: number
  /** A host (two-level policies) until it can take nodes. */
  readonly hostStart: number
  /** Until the platform's own metrics (CPU, memory) are there to be decided upon. */
  readonly platformMetricDelay: number
  /** The same for metrics that the nodes publish. */
  readonly ownMetricDelay: number
  /** Reclaims of one spot node in an hour, apart from those in the trace. */
  readonly reclaimsPerHour: number
  readonly reclaimNotice: number
  /** Whether a reclaimed node leaves the balancer at the notice, or only when it has stopped. */
  readonly deregistersAtNotice: boolean
}

/** Who sends. */
export interface SendersModel {
  readonly senders: number
  /** Source ports of each, one flow each. */
  readonly portsEach: number
  /** `zipf`: the k-th sender sends 1/k of what the first does. */
  readonly shares: 'even' | 'zipf'
  readonly relay: RelayModel | undefined
}

/** `calliope relay` beside each sender. */
export interface RelayModel {
  readonly flowsEach: number
  /** Packets one relay keeps while nodes are away or busy. */
  readonly spoolPackets: number
  /** How much faster than the traffic all relays together send what has waited. */
  readonly catchUpRate: number
  /** Until a flow whose node is gone has another one. */
  readonly reconnect: number
  /** One flow in `rotateParts` is opened anew every `rotateEvery`, so that new nodes get load. */
  readonly rotateEvery: number
  readonly rotateParts: number
}

export interface World {
  readonly node: NodeModel
  readonly balancer: BalancerModel
  readonly platform: PlatformModel
  readonly senders: SendersModel
  /** Packets a second that the database stores for all nodes together. */
  readonly databaseRate: number
  /** A minute is good when this share of its packets is stored within `sloDelay`. */
  readonly sloShare: number
  readonly sloDelay: number
}

export const RELAY: RelayModel = {
  flowsEach: 256,
  spoolPackets: 5_000_000,
  catchUpRate: 100_000,
  reconnect: 1,
  rotateEvery: 30,
  rotateParts: 10,
}

export const WORLD: World = {
  node: {
    cpus: 1,
    memoryMib: 2048,
    receiveMicros: 3.3,
    storeMicros: 9.6,
    storeRateMax: 140_000,
    spoolPackets: 50_000_000,
    memoryIdleMib: 95,
    memoryMibPerThousand: 0.9,
    storeDelay: 0.9,
    drainWait: 15,
    stopAfter: 120,
    handsOver: true,
    adoptAfter: 30,
  },
  balancer: {
    idle: 120,
    healthInterval: 5,
    healthyCount: 2,
    unhealthyCount: 2,
    register: 90,
    deregister: 60,
  },
  platform: {
    place: 5,
    start: 18,
    hostStart: 90,
    platformMetricDelay: 120,
    ownMetricDelay: 15,
    reclaimsPerHour: 0.01,
    reclaimNotice: 120,
    deregistersAtNotice: false,
  },
  senders: { senders: 2, portsEach: 1, shares: 'even', relay: undefined },
  databaseRate: 1_000_000,
  sloShare: 0.999,
  sloDelay: 10,
}

/** Packets a second one node can take and store for good. */
export const carriedByNode = ({ cpus, receiveMicros, storeMicros, storeRateMax }: NodeModel) =>
  Math.min(storeRateMax, (cpus * 1e6) / (receiveMicros + storeMicros))

/** A world that differs from the usual one in some figures. */
export function worldWith(
  changes: {
    readonly [Part in keyof World]?: World[Part] extends object ? Partial<World[Part]> : World[Part]
  },
): World {
  const { node, balancer, platform, senders, ...rest } = changes
  return {
    ...WORLD,
    ...rest,
    node: { ...WORLD.node, ...node },
    balancer: { ...WORLD.balancer, ...balancer },
    platform: { ...WORLD.platform, ...platform },
    senders: { ...WORLD.senders, ...senders },
  }
}
