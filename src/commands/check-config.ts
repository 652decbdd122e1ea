import { explainConfig, type FlagTable, loadConfig, SETTINGS } from '#config'
import type { Command } from './command.ts'

/** `calliope check-config`: every setting, its value and where it came from; exit 2 on any problem. */
export const checkConfig: Command = {
  summary: 'check the configuration and show every setting with where it came from',
  usage: 'check-config [--config FILE] [flags of up]',
  example: 'calliope check-config --config /etc/calliope.toml',
  flags: SETTINGS as FlagTable,
  run: async (argv) => {
    process.stdout.write(`${explainConfig(loadConfig(argv))}\n`)
    return 0
  },
}
