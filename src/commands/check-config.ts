import { CONFIG_FLAGS, explainConfig, loadConfig } from '#config'
import { type Command, flagsOnly } from './command.ts'

/** `calliope check-config`: every setting, its value and where it came from; exit 2 on any problem. */
export const checkConfig: Command = {
  summary: 'check the configuration and show every setting with where it came from',
  usage: 'check-config [--config FILE] [flags of up]',
  example: 'calliope check-config --config /etc/calliope.toml',
  flags: CONFIG_FLAGS,
  run: async (argv) => {
    const loaded = await loadConfig(argv)
    flagsOnly('check-config', loaded.positionals)
    process.stdout.write(`${explainConfig(loaded)}\n`)
    return 0
  },
}
