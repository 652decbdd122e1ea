import { CONFIG_FLAGS, type Config, loadConfig, UsageError } from '#config'
import { spotNotice } from '#fleet'
import { log } from '#log'
import { keepLogin } from '#store'
import { type Command, flagsOnly } from './command.ts'
import { checkFilter, filterOptions, tellForeignScripts } from './filter-options.ts'
import { tellHeplify } from './heplify-start.ts'
import { CaptureNode } from './node.ts'
import { changeable } from './node-readers.ts'
import { startOpenHttp } from './open-http.ts'
import { reloading } from './reload.ts'
import { runUntilSignal } from './run-until-signal.ts'
import { startServer } from './server.ts'

const flags = CONFIG_FLAGS

async function configure(argv: readonly string[], command: string): Promise<Config> {
  const { config, positionals, databaseAgain, homer7Again, heplify } = await loadConfig(argv)
  flagsOnly(command, positionals)
  log.level = config['log.level']
  if (heplify.length > 0) tellHeplify(config, heplify, command)
  if (databaseAgain) keepLogin(config.database, databaseAgain)
  if (homer7Again) keepLogin(config['homer7.database'], homer7Again)
  return config
}

async function runCapture(argv: readonly string[], command: 'up' | 'capture'): Promise<number> {
  const config = await configure(argv, command)
  tellForeignScripts(config['filter.scripts'])
  await checkFilter(filterOptions(config))
  return runUntilSignal(async () => {
    let started: CaptureNode | undefined
    const open = await startOpenHttp(
      config,
      async () => started?.missing('hep') ?? ['the node is starting'],
    )
    const node = await CaptureNode.start(config, { withPage: command === 'up' })
    started = node
    const hep = node.listening().map(({ transport, address }) => `${transport} ${address}`)
    return {
      url: node.url,
      fields: { ...node.intake.addresses, ...open.addresses, database: node.store.database },
      lines: [`HEP    ${hep.join('   ') || 'no socket is open'}`, `data   ${node.store.database}`],
      ...(config['drain.spot_notice'] === 'ec2'
        ? { reclaimed: spotNotice({ signal: new AbortController().signal }) }
        : {}),
      stop: async (byMs) => {
        const code = await node.stop(byMs)
        await open[Symbol.asyncDispose]()
        return code
      },
      reload: reloading(config, argv, changeable(node)),
    }
  })
}

/** `calliope up`: everything in one process. */
export const up: Command = {
  summary: 'start everything: HEP in, PostgreSQL (embedded unless --database), page and API',
  usage: 'up [--data-dir DIR] [--http HOST:PORT] [--hep-udp HOST:PORT] [--database URL] …',
  example: 'calliope up --data-dir /var/lib/calliope --hep-udp 0.0.0.0:9060',
  flags,
  run: (argv) => runCapture(argv, 'up'),
}

/** `calliope capture`: the stateless node of a fleet. */
export const capture: Command = {
  summary: 'a capture node: HEP in, PostgreSQL out; health, metrics and API, no page',
  usage: 'capture --database URL [--hep-udp HOST:PORT] … | capture --heplify-config FILE',
  example:
    "calliope capture --database 'postgres://calliope:${secret:file:/run/secrets/db}@db/calliope'",
  flags,
  run: (argv) => runCapture(argv, 'capture'),
}

/** `calliope serve`: page and API over a database others fill. */
export const serve: Command = {
  summary: 'the page and the API over a database that capture nodes fill',
  usage: 'serve --database URL [--http HOST:PORT]',
  example: 'calliope serve --database postgres://calliope@db/calliope --http 127.0.0.1:9080',
  flags,
  run: async (argv) => {
    const config = await configure(argv, 'serve')
    if (config.database === 'embedded')
      throw new UsageError([
        {
          where: '--database',
          message:
            "serve needs the URL of a database that capture nodes fill; 'embedded' belongs to calliope up",
        },
      ])
    return runUntilSignal(async () => {
      const api = await startServer(config)
      return {
        url: api.url,
        fields: {},
        lines: [],
        stop: async () => {
          await api.close()
          return 0
        },
        reload: reloading(config, argv),
      }
    })
  },
}
