import { CONFIG_FLAGS, explainConfig, loadConfig, showReport, sumUp } from '#config'
import { type Command, flagsOnly } from './command.ts'

/**
 * `calliope check-config`: every setting, its value and where it came from, and what became of
 * heplify-server's keys; exit 2 on any problem.
 */
export const checkConfig: Command = {
  summary: 'check the configuration and show every setting with where it came from',
  usage: 'check-config [--config FILE] [--heplify-config FILE] [flags of up]',
  example: 'calliope check-config --config /etc/calliope.toml',
  flags: CONFIG_FLAGS,
  run: async (argv) => {
    const loaded = await loadConfig(argv)
    flagsOnly('check-config', loaded.positionals)
    process.stdout.write(`${explainConfig(loaded)}\n`)
    const { heplify } = loaded
    if (heplify.length > 0)
      process.stdout.write(`\nheplify-server: ${sumUp(heplify)}\n${showReport(heplify)}\n`)
    return 0
  },
}
