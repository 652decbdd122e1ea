// The flags of `calliope simulate`, and the world and the prices they describe.
import { kinds, type ParsedFlags, setting } from '#config'
import {
  ECS_ENGINE,
  ECS_FAST_ENGINE,
  type Engine,
  HPA_ENGINE,
  PRICES,
  type Prices,
  RELAY,
  TRACE_NAMES,
  WORLD,
  type World,
  worldWith,
} from '#fleet'

const HOUR_MS = 3_600_000
const seconds = (byDefault: number, help: string) =>
  setting(kinds.duration(0, HOUR_MS), byDefault * 1000, help)
const dollars = (byDefault: number, help: string) => setting(kinds.decimal(0, 1e6), byDefault, help)

export const SIMULATE_FLAGS = {
  policy: setting(
    kinds.list(kinds.text),
    ['calliope'],
    'preset or file; give it several times to compare',
  ),
  plan: setting(kinds.text, '', "also the policy in a Terraform plan's or state's JSON"),
  manifests: setting(kinds.text, '', 'also the policy in rendered Kubernetes manifests'),
  trace: setting(kinds.choice(...TRACE_NAMES), 'day', 'what happens'),
  csv: setting(kinds.text, '', 'instead: TIME,PACKETS PER SECOND lines from this file'),
  url: setting(kinds.text, '', 'instead: what this Calliope captured (its KPIs)'),
  from: setting(kinds.text, '-24h', 'with --url: since when'),
  token: setting(kinds.secret, '', 'with --url: its token (or CALLIOPE_HTTP_TOKEN)'),
  peak: setting(
    kinds.decimal(0, 1e9),
    0,
    'packets per second at the highest point; 0 = 120000, or as recorded',
  ),
  seed: setting(kinds.integer(0, 2 ** 31), 1, 'the same seed gives the same run'),
  runs: setting(kinds.integer(1, 1000), 1, 'runs with seeds from --seed on; the table has means'),

  senders: setting(kinds.integer(1, 10_000), WORLD.senders.senders, 'who sends, one flow each'),
  ports: setting(kinds.integer(1, 1000), 1, 'source ports of each sender'),
  zipf: setting(kinds.flag, false, 'uneven senders: the second sends half of what the first does'),
  relay: setting(kinds.flag, false, 'a calliope relay beside each sender'),
  engine: setting(
    kinds.choice('ecs', 'ecs-fast', 'kubernetes'),
    'ecs',
    'who runs the fleet; ecs-fast has metrics of 20 s',
  ),

  'node-cpus': setting(kinds.decimal(0.1, 64), WORLD.node.cpus, 'vCPUs of a node'),
  'node-memory': setting(kinds.bytes(2 ** 28), 2 ** 31, 'memory of a node'),
  'node-cost': setting(
    kinds.decimal(0.01, 1000),
    1,
    'CPU of a message, times what was measured: 2 = half as fast',
  ),
  spool: setting(
    kinds.bytes(1_000_000),
    WORLD.node.spoolPackets * 800,
    'what a node can keep for the database',
  ),
  handover: setting(kinds.flag, true, 'nodes hand over what they cannot store in time'),
  database: setting(
    kinds.decimal(1, 1e9),
    WORLD.databaseRate,
    'messages per second that the database stores in all',
  ),
  'drain-wait': seconds(WORLD.node.drainWait, 'how long a node receives after SIGTERM'),
  deregister: seconds(WORLD.balancer.deregister, "the balancer's deregistration delay"),
  register: seconds(WORLD.balancer.register, 'until the balancer asks a new node for its health'),
  start: seconds(WORLD.platform.place + WORLD.platform.start, 'decision to running, image pulled'),
  reclaims: setting(
    kinds.decimal(0, 60),
    WORLD.platform.reclaimsPerHour,
    'reclaims of a spot node per hour, by chance',
  ),

  'price-cpu': dollars(PRICES.cpuHour, 'dollars per vCPU and hour'),
  'price-memory': dollars(PRICES.memoryHour, 'dollars per GiB and hour'),
  'price-spot': setting(kinds.decimal(0, 1), PRICES.spotShare, 'spot costs this share of it'),
  'price-host-cpu': dollars(PRICES.hostCpuHour, 'two-level: dollars per vCPU of a host and hour'),
  'price-balancer': dollars(PRICES.balancerHour, 'dollars per hour'),
  'price-balancer-gb': dollars(PRICES.balancerUnitHour, 'dollars per gigabyte through it'),
  'price-database': dollars(PRICES.databaseHour, 'dollars per hour'),

  json: setting(kinds.flag, false, 'results as JSON, with every moment and event'),
  report: setting(kinds.text, '', 'write an HTML page with graphs to this file'),
  experiments: setting(kinds.flag, false, 'all presets against all traces, as Markdown'),
  write: setting(kinds.text, '', 'with --experiments: into this file, between its markers'),
}

export type SimulateFlags = ParsedFlags<typeof SIMULATE_FLAGS>

/** What the flags say of nodes, balancer, platform and senders. */
export function worldOf(flags: SimulateFlags): World {
  const cost = flags['node-cost']
  const { node, platform } = WORLD
  return worldWith({
    node: {
      cpus: flags['node-cpus'],
      memoryMib: flags['node-memory'] / 2 ** 20,
      receiveMicros: node.receiveMicros * cost,
      storeMicros: node.storeMicros * cost,
      storeRateMax: node.storeRateMax / cost,
      spoolPackets: flags.spool / 800,
      handsOver: flags.handover,
      drainWait: flags['drain-wait'] / 1000,
    },
    balancer: { deregister: flags.deregister / 1000, register: flags.register / 1000 },
    platform: {
      ...METRIC_DELAYS[flags.engine],
      start: Math.max(1, flags.start / 1000 - platform.place),
      reclaimsPerHour: flags.reclaims,
    },
    senders: {
      senders: flags.senders,
      portsEach: flags.ports,
      shares: flags.zipf ? 'zipf' : 'even',
      relay: flags.relay ? RELAY : undefined,
    },
    databaseRate: flags.database,
  })
}

const METRIC_DELAYS = {
  ecs: {},
  'ecs-fast': { platformMetricDelay: 10, ownMetricDelay: 10 },
  kubernetes: { platformMetricDelay: 30, ownMetricDelay: 15 },
}

export const engineOf = ({ engine }: SimulateFlags): Engine =>
  ({ ecs: ECS_ENGINE, 'ecs-fast': ECS_FAST_ENGINE, kubernetes: HPA_ENGINE })[engine]

export const pricesOf = (flags: SimulateFlags): Prices => ({
  cpuHour: flags['price-cpu'],
  memoryHour: flags['price-memory'],
  spotShare: flags['price-spot'],
  hostCpuHour: flags['price-host-cpu'],
  balancerHour: flags['price-balancer'],
  balancerUnitHour: flags['price-balancer-gb'],
  databaseHour: flags['price-database'],
})

/** The assumptions a reader has to know, in sentences. */
export function assumptionsOf(world: World, engine: SimulateFlags['engine']): string[] {
  const { node, senders, databaseRate } = world
  const relays = senders.relay ? ', a relay beside each' : ''
  return [
    `${senders.senders} senders, source ports each: ${senders.portsEach}${relays}; ${engine}.`,
    `Nodes of ${node.cpus} vCPU and ${Math.round(node.memoryMib)} MiB; the database stores ${databaseRate.toLocaleString('en-US')}/s.`,
  ]
}
