// From the configuration's words to the relay's options, for a relay and for a node with outlets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#config'
import type { RelayOptions } from '#relay'
import type { Spool } from '#spool'
import { CommandError } from './command.ts'
import { filterOptions } from './filter-options.ts'

export const relayOptions = (config: Config, spool: Spool): RelayOptions => ({
  ...{ spool, to: config['relay.to'], directory: join(config.data_dir, 'relay') },
  auth: config['relay.auth'],
  token: config['relay.token'],
  key: config['relay.key'],
  ca: config['relay.ca'] ? readAuthority(config['relay.ca']) : undefined,
  flows: config['relay.flows'],
  reopenMs: config['relay.reopen'],
  inFlightBytes: config['relay.in_flight'],
  batchWaitMs: config['relay.batch_wait'],
  answerMs: config['relay.answer_max'],
  doubtMs: config['relay.doubt_max'],
  until: config['relay.until'],
  resolveMs: config['relay.resolve'],
  filter: filterOptions(config),
})

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError(`relay.ca: ${path} cannot be read: ${(error as Error).message}`)
  }
}
