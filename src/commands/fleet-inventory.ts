// `calliope fleet inventory`: where the nodes are, for monitoring. Written once, kept in a file, or
// served to Prometheus (http_sd); always read anew.
import { renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { kinds, parseFlags, setting, UsageError } from '#config'
import { ecsInventory, INVENTORY_FORMATS, type InventoryNode, writeInventory } from '#fleet'
import { log } from '#log'
import { type Command, flagsOnly } from './command.ts'
import { awsOptions, CLUSTER_FLAGS, chosenServices } from './fleet-flags.ts'
import { clientFor, interruption, SERVER_FLAGS } from './server-flags.ts'

const ONCE = 0

const FLAGS = {
  as: setting(kinds.choice(...INVENTORY_FORMATS), 'json', 'how it is written'),
  from: setting(kinds.choice('ecs', 'calliope'), 'ecs', 'who is asked for the nodes'),
  http_port: setting(kinds.integer(1, 65_535), 9080, 'where each node serves /metrics and /readyz'),
  out: setting(kinds.text, '', 'file to write, instead of the terminal'),
  every: setting(kinds.duration(0, 86_400_000), ONCE, 'write it again and again, until Ctrl-C'),
  listen: setting(kinds.address, undefined, 'serve it by HTTP instead, for http_sd_configs'),
  ...CLUSTER_FLAGS,
  ...SERVER_FLAGS,
}
type Flags = ReturnType<typeof parseFlags<typeof FLAGS>>['flags']

/** `calliope fleet inventory --as prometheus|json|nagios`. */
export const inventory: Command = {
  summary: 'where the nodes are, for Prometheus, Nagios or a script',
  usage:
    'fleet inventory --as prometheus|json|nagios [--out FILE --every 30s | --listen HOST:PORT]',
  example:
    'calliope fleet inventory --as prometheus --cluster voip --service capture --out nodes.json',
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    flagsOnly('fleet inventory', positionals)
    const read = reader(flags)
    if (flags.listen) return serve(flags, read)
    if (flags.every === ONCE) return write(flags, await read())
    return keep(flags, read)
  },
}

type Read = () => Promise<readonly InventoryNode[]>

function reader(flags: Flags): Read {
  if (flags.from === 'calliope') return () => reportedNodes(flags)
  const { cluster, services } = chosenServices(flags)
  if (services.length === 0)
    throw new UsageError([{ where: '--service', message: 'is missing; name the services' }])
  const port = flags.http_port
  return () => ecsInventory({ cluster, services, port, ...awsOptions(flags) })
}

// Nodes that report to a Calliope go by their own name, which has to be one that can be looked up.
async function reportedNodes(flags: Flags): Promise<readonly InventoryNode[]> {
  const nodes = await clientFor(flags).nodes()
  return nodes
    .filter(({ state }) => state !== 'stopped' && state !== 'lost')
    .map(({ node, version, state }) => ({
      ...{ name: node, address: node, port: flags.http_port, labels: { version, state } },
    }))
}

// Written beside and moved into place: whoever reads it never sees half of it.
function write({ out, as }: Flags, nodes: readonly InventoryNode[]): number {
  const text = writeInventory(nodes, as)
  if (out === '') process.stdout.write(text)
  else {
    writeFileSync(`${out}.new`, text)
    renameSync(`${out}.new`, out)
  }
  return 0
}

// While nobody answers, the last list stands: nodes are rather watched in vain than not at all.
async function keep(flags: Flags, read: Read): Promise<number> {
  const signal = interruption()
  while (!signal.aborted) {
    try {
      write(flags, await read())
    } catch (error) {
      log.error({ err: error }, 'the inventory could not be read; the last one stands')
    }
    await sleep(flags.every, undefined, { signal }).catch(() => {})
  }
  return 0
}

const FRESH_MS = 15_000 // a scrape of many Prometheus servers is one question to AWS

async function serve(flags: Flags, read: Read): Promise<number> {
  const { host, port } = flags.listen!
  const signal = interruption()
  let known: { readonly text: Promise<string>; readonly atMs: number } | undefined
  const type = flags.as === 'nagios' ? 'text/plain' : 'application/json'
  const answer = async () => {
    if (!known || Date.now() - known.atMs > FRESH_MS)
      known = { text: read().then((nodes) => writeInventory(nodes, flags.as)), atMs: Date.now() }
    try {
      return new Response(await known.text, { headers: { 'content-type': type } })
    } catch (error) {
      known = undefined
      log.error({ err: error }, 'the inventory could not be read')
      // Not an empty list: Prometheus keeps its targets when it is told nothing.
      return new Response(`${(error as Error).message}\n`, { status: 502 })
    }
  }
  const server = Bun.serve({ hostname: host, port, fetch: answer })
  log.info({ http: { host, port: server.port } }, 'ready')
  await new Promise((ended) => signal.addEventListener('abort', ended))
  await server.stop()
  return 0
}
