// Where the nodes are, for whoever watches them: a list that is read anew each time, because nodes come
// and go. Two sources (ECS, or the nodes that report to a Calliope), three ways to write it down.

/** One node to watch. */
export interface InventoryNode {
  /** Name of the node: the task's id, or what it calls itself. */
  readonly name: string
  /** Address or host name. */
  readonly address: string
  readonly port: number
  /** What is known of it besides; names fit for Prometheus labels. */
  readonly labels: Readonly<Record<string, string>>
}

export const INVENTORY_FORMATS = ['prometheus', 'json', 'nagios'] as const
export type InventoryFormat = (typeof INVENTORY_FORMATS)[number]

/** The inventory in one of its formats, in the order of the nodes' names. */
export function writeInventory(nodes: readonly InventoryNode[], format: InventoryFormat): string {
  const sorted = nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return WRITERS[format](sorted)
}

const WRITERS: Readonly<Record<InventoryFormat, (nodes: readonly InventoryNode[]) => string>> = {
  // What file_sd_configs reads from a file and http_sd_configs from a URL.
  prometheus: (nodes) =>
    json(
      nodes.map(({ name, labels, ...node }) => ({
        targets: [targetOf(node)],
        labels: { node: name, ...labels },
      })),
    ),
  json: (nodes) => json({ nodes }),
  nagios: writeNagios,
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const targetOf = ({ address, port }: Pick<InventoryNode, 'address' | 'port'>): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`

// A host and two checks for each node: alive, and ready to take packets. The templates generic-host and
// generic-service come with Nagios; its check_http differs from one system to the next, so ours is here.
function writeNagios(nodes: readonly InventoryNode[]): string {
  if (nodes.length === 0) return HEADER
  const group = define('hostgroup', { hostgroup_name: 'calliope', alias: 'Calliope' })
  const command = define('command', {
    command_name: 'check_calliope',
    command_line: '$USER1$/check_http -H $HOSTADDRESS$ -p $ARG1$ -u $ARG2$',
  })
  return [HEADER, group, command, ...nodes.map(nagiosNode)].join('\n')
}

const HEADER = '# Written by calliope fleet inventory; changes are overwritten.\n'

function nagiosNode({ name, address, port, labels }: InventoryNode): string {
  const host = plain(name)
  const check = (path: string, description: string) =>
    define('service', {
      use: 'generic-service',
      host_name: host,
      service_description: description,
      check_command: `check_calliope!${port}!${path}`,
    })
  const words = Object.entries(labels).map(([key, value]) => `${key}=${plain(value)}`)
  return [
    define('host', {
      use: 'generic-host',
      host_name: host,
      alias: words.join(' ') || host,
      address: plain(address),
      hostgroups: 'calliope',
    }),
    check('/healthz', 'alive'),
    check('/readyz', 'ready'),
  ].join('\n')
}

const define = (kind: string, members: Readonly<Record<string, string>>): string =>
  `define ${kind} {\n${Object.entries(members)
    .map(([key, value]) => `  ${key.padEnd(20)} ${value}\n`)
    .join('')}}\n`

// A name from the cloud must not end a line or begin a macro in somebody's monitoring.
const plain = (text: string): string => text.replaceAll(/[^\w.:-]/g, '_')
