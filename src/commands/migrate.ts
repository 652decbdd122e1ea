// `calliope migrate …`: takes over what a heplify-server with homer-app has.
import type { Command } from './command.ts'
import { migrateHomerConfig } from './migrate-homer-config.ts'
import { migrateHomer7Command } from './migrate-homer7.ts'

/** `calliope migrate homer7|homer-config`. */
export const migrate: Command = {
  summary: "take over heplify-server's calls, homer-app's users, aliases and mappings",
  usage: 'migrate homer7 | homer-config',
  example: 'calliope migrate homer7 --from postgres://homer_user:secret@db/homer_data',
  flags: {},
  actions: { homer7: migrateHomer7Command, 'homer-config': migrateHomerConfig },
  run: async () => 2,
}
