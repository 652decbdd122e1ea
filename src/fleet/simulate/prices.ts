// What a run would cost. Defaults: AWS list prices, us-east-1, Linux on x86, as published in March 2026
// (aws.amazon.com/fargate/pricing, /elasticloadbalancing/pricing, /ec2/pricing); spot prices move, so theirs is
// the usual discount of 70 %. Data transfer, logs and storage of the database are not in it.

export interface Prices {
  /** Dollars per vCPU and hour, on-demand. */
  readonly cpuHour: number
  /** Dollars per GiB of memory and hour. */
  readonly memoryHour: number
  /** Spot costs this share of on-demand. */
  readonly spotShare: number
  /** Per vCPU and hour of the hosts of a two-level policy (c7i); their nodes cost nothing besides. */
  readonly hostCpuHour: number
  /** The balancer: per hour, and per capacity unit and hour. */
  readonly balancerHour: number
  readonly balancerUnitHour: number
  /** The database server, per hour (db.m7g.xlarge, PostgreSQL, one zone). */
  readonly databaseHour: number
}

export const PRICES: Prices = {
  cpuHour: 0.04048,
  memoryHour: 0.004445,
  spotShare: 0.3,
  hostCpuHour: 0.044625,
  balancerHour: 0.0225,
  balancerUnitHour: 0.006,
  databaseHour: 0.337,
}

/** A unit of the balancer is a gigabyte of UDP in an hour. */
const UNIT_BYTES = 1e9
/** A SIP message in HEP, as measured in docs/benchmarks.md. */
const PACKET_BYTES = 800

export interface Hours {
  readonly onDemand: number
  readonly spot: number
  /** vCPU hours of hosts. */
  readonly hostCpus: number
}

export interface Cost {
  readonly nodes: number
  readonly balancer: number
  readonly database: number
  readonly total: number
  /** Per million packets sent; 0 without any. */
  readonly perMillion: number
}

/** Dollars for the hours of a run. */
export function costOf(
  hours: Hours,
  run: { readonly seconds: number; readonly packets: number },
  node: { readonly cpus: number; readonly memoryMib: number },
  prices: Prices = PRICES,
): Cost {
  const nodeHour = node.cpus * prices.cpuHour + (node.memoryMib / 1024) * prices.memoryHour
  const nodes =
    hours.hostCpus > 0
      ? hours.hostCpus * prices.hostCpuHour
      : (hours.onDemand + hours.spot * prices.spotShare) * nodeHour
  const runHours = run.seconds / 3600
  const units = (run.packets * PACKET_BYTES) / UNIT_BYTES
  const balancer = runHours * prices.balancerHour + units * prices.balancerUnitHour
  const database = runHours * prices.databaseHour
  const total = nodes + balancer + database
  return {
    nodes,
    balancer,
    database,
    total,
    perMillion: run.packets > 0 ? (total / run.packets) * 1e6 : 0,
  }
}
