// `calliope fleet …`: keeps the services in ECS as they ought to be, and says where the nodes are. What
// it does is in src/fleet/events and src/fleet/inventory; here are flags, the terminal and exit codes.
import { kinds, parseFlags, setting } from '#config'
import { type FleetStatus, readFleetStatus, type ServiceStatus } from '#fleet'
import { type Command, flagsOnly } from './command.ts'
import { awsOptions, CLUSTER_FLAGS, chosenServices } from './fleet-flags.ts'
import { inventory } from './fleet-inventory.ts'
import { enableFastMetrics, reconcile, watch } from './fleet-reconcile.ts'

const STATUS_FLAGS = {
  json: setting(kinds.flag, false, 'one JSON document'),
  ...CLUSTER_FLAGS,
}

const status: Command = {
  summary: 'services, tasks wanted and running, share of spot, what autoscaling did',
  usage: 'fleet status --cluster NAME [--service NAME,…] [--json]',
  example: 'calliope fleet status --cluster voip',
  flags: STATUS_FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, STATUS_FLAGS)
    flagsOnly('fleet status', positionals)
    const { cluster, services } = chosenServices(flags)
    const found = await readFleetStatus(cluster, services, awsOptions(flags))
    process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : statusTable(found))
    return 0
  },
}

/** `calliope fleet reconcile|watch|status|inventory|enable-fast-metrics`. */
export const fleet: Command = {
  summary: 'look after the services in ECS: stand in for spot, one per host, inventory',
  usage: 'fleet reconcile | watch | status | inventory | enable-fast-metrics',
  example: 'calliope fleet status --cluster voip',
  flags: {},
  actions: { reconcile, watch, status, inventory, 'enable-fast-metrics': enableFastMetrics },
  run: async () => 2,
}

function statusTable({ cluster, services }: FleetStatus): string {
  const heading = row(['SERVICE', 'WANTED', 'RUNNING', 'PENDING', 'SPOT', 'LIMITS', ''])
  const told = services.flatMap(({ name, activities, note }) => [
    ...activities.map(({ at, what, why }) =>
      `${at.slice(0, 19)}Z  ${name}  ${what}  ${why}`.trim(),
    ),
    ...(note ? [`${name}: ${note}`] : []),
  ])
  const lines = [`cluster ${cluster}`, heading, ...services.map(serviceRow)]
  return `${[...lines, ...(told.length > 0 ? ['', ...told] : [])].join('\n')}\n`
}

const serviceRow = (service: ServiceStatus): string =>
  row([
    service.name,
    String(service.wanted),
    String(service.running),
    String(service.pending),
    service.spotShare === null ? '–' : `${Math.round(service.spotShare * 100)} %`,
    service.limits ? `${service.limits.least}–${service.limits.most}` : '–',
    [...(service.deploying ? ['deploying'] : []), ...service.policies].join(', '),
  ])

const WIDTHS = [32, 7, 8, 8, 6, 8, 0]
const row = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(WIDTHS[at]!))
    .join(' ')
    .trimEnd()
