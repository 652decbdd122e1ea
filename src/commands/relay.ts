import { CONFIG_FLAGS, loadConfig, UsageError } from '#config'
import { log } from '#log'
import { checkDestinations, DestinationError } from '#relay'
import { type Command, flagsOnly } from './command.ts'
import { checkFilter, filterOptions, tellForeignScripts } from './filter-options.ts'
import { RelayNode } from './relay-node.ts'
import { reloading } from './reload.ts'
import { runUntilSignal } from './run-until-signal.ts'

/** `calliope relay`: HEP in beside the sender, carried on to wherever. */
export const relay: Command = {
  summary: 'beside the sender: takes HEP, spools it, spreads it over nodes or carries it elsewhere',
  usage: 'relay --relay-to URL[,URL …] [--hep-udp HOST:PORT] …',
  example: 'calliope relay --hep-udp 127.0.0.1:9060 --relay-to http://capture.internal:9080',
  flags: CONFIG_FLAGS,
  run: async (argv) => {
    const { config, positionals } = await loadConfig(argv)
    flagsOnly('relay', positionals)
    checkRelayTo(config['relay.to'], config['relay.auth'])
    log.level = config['log.level']
    tellForeignScripts(config['filter.scripts'])
    await checkFilter(filterOptions(config))
    return runUntilSignal(async () => {
      const node = await RelayNode.start(config)
      const hep = node.listening().map(({ transport, address }) => `${transport} ${address}`)
      return {
        url: node.url,
        fields: node.intake.addresses,
        lines: [
          `HEP    ${hep.join('   ') || 'no socket is open'}`,
          ...config['relay.to'].map((to) => `to     ${to}`),
        ],
        stop: () => node.stop(),
        reload: reloading(config, argv, node),
      }
    })
  },
}

function checkRelayTo(to: readonly string[], auth: readonly string[]): void {
  const where = '--relay-to'
  if (to.length === 0)
    throw new UsageError([
      {
        where,
        message: 'say where to: http://NODE:9080 for Calliopes, udp://HOST:9060 for others',
      },
    ])
  try {
    checkDestinations(to, auth)
  } catch (error) {
    if (error instanceof DestinationError) throw new UsageError([{ where, message: error.message }])
    throw error
  }
}
