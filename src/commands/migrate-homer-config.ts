// `calliope migrate homer-config`: homer-app's users and aliases into Calliope's database, and what its
// mappings mean here (docs/migrate.md). What is there stays; run twice it adds nothing.
import { CONFIG_FLAGS, kinds, setting } from '#config'
import {
  explainMappings,
  type HomerConfig,
  type PlannedUser,
  planAliases,
  planUsers,
  readHomerConfig,
} from '#migrate'
import { type OpenedPeople, openPeople } from '#store'
import { type Command, CommandError } from './command.ts'
import { fromFlag, openFrom } from './migrate-flags.ts'
import { openDatabase } from './open-database.ts'
import { readOwnFlags } from './own-flags.ts'

const OWN_FLAGS = {
  from: fromFlag("homer-app's database, homer_config"),
  role: setting(
    kinds.choice('viewer', 'engineer'),
    'engineer',
    'of users who are no administrators there: an engineer may export, as they may there',
  ),
  'dry-run': setting(kinds.flag, false, 'say what would be done, and change nothing'),
}

/** `calliope migrate homer-config`. */
export const migrateHomerConfig: Command = {
  summary: "take over homer-app's users, passwords included, and aliases; explain its mappings",
  usage: 'migrate homer-config --from URL [--database URL | --data-dir DIR] [--dry-run]',
  example:
    'calliope migrate homer-config --from postgres://homer_user:secret@db/homer_config --dry-run',
  flags: {
    ...OWN_FLAGS,
    data_dir: CONFIG_FLAGS.data_dir!,
    database: CONFIG_FLAGS.database!,
    config: CONFIG_FLAGS.config!,
  },
  run: async (argv) => {
    const { flags, config } = await readOwnFlags('migrate homer-config', argv, OWN_FLAGS)
    const homer = await readFrom(flags.from)
    await using database = await openDatabase(config, 'calliope migrate')
    const people = openPeople(database.sql)
    const change = !flags['dry-run']
    const lines = [
      ...(await moveUsers(people, homer, flags.role, change)),
      ...(await moveAliases(people, homer, change)),
      ...mappingLines(homer),
      ...otherLines(homer),
    ]
    const ending = change ? [] : ['', 'Nothing was changed (--dry-run).']
    process.stdout.write(`${[...lines, ...ending].join('\n')}\n`)
    return 0
  },
}

async function readFrom(url: string): Promise<HomerConfig> {
  await using sql = await openFrom(url, 'calliope migrate')
  return await readHomerConfig(sql)
}

async function moveUsers(
  people: OpenedPeople,
  { users }: HomerConfig,
  role: 'viewer' | 'engineer',
  change: boolean,
): Promise<string[]> {
  const existing = new Set((await people.users()).map(({ name }) => name))
  const planned = await planUsers(users, existing, role)
  const added = planned.filter((plan) => plan.kind === 'add')
  if (added.length > 0 && existing.size === 0 && added[0]?.role !== 'admin')
    throw new CommandError(
      'The first user has to be an administrator, and homer-app has none that is enabled: "calliope user add NAME --role admin" first.',
    )
  if (change)
    for (const { name, role, passwordHash } of added) {
      await people.addUser(name, role, passwordHash)
      await note(people, 'user-added', name, { role, from: 'homer-app' })
    }
  return [`users: ${added.length} of ${users.length}`, ...planned.map(userLine)]
}

const userLine = (plan: PlannedUser): string =>
  plan.kind === 'add'
    ? `  + ${plan.name.padEnd(24)} ${plan.role.padEnd(9)} ${plan.note}`
    : `  - ${plan.name.padEnd(24)} ${plan.why}`

async function moveAliases(
  people: OpenedPeople,
  { aliases }: HomerConfig,
  change: boolean,
): Promise<string[]> {
  const existing = await people.aliases()
  const { add, notes } = planAliases(aliases, existing)
  if (change && add.length > 0) {
    await people.setAliases([...existing, ...add])
    await note(people, 'settings', 'aliases', { count: add.length, from: 'homer-app' })
  }
  return [
    `aliases: ${add.length} new of ${aliases.length}`,
    ...add.map(({ address, name }) => `  + ${address.padEnd(24)} ${name}`),
    ...notes.map((text) => `  ! ${text}`),
  ]
}

function mappingLines({ mappings }: HomerConfig): string[] {
  const { notes, customHeaders } = explainMappings(mappings)
  const open = notes.filter(({ isCovered }) => !isCovered)
  return [
    `mappings: ${notes.length} fields and rules, ${notes.length - open.length} of them here without doing anything`,
    ...open.map(({ mapping, what, here }) => `  ! ${mapping}  ${what}: ${here}`),
    ...(customHeaders.length > 0
      ? [`  set store.custom_headers = ${JSON.stringify(customHeaders)}`]
      : []),
  ]
}

function otherLines({ others: { tokens, dashboards } }: HomerConfig): string[] {
  return [
    ...(tokens > 0 ? [`API tokens: ${tokens} stay behind; make new ones in Settings`] : []),
    ...(dashboards > 0 ? [`dashboards: ${dashboards} stay behind; docs/overview.md`] : []),
  ]
}

async function note(people: OpenedPeople, action: string, object: string, detail: object) {
  const who = process.env.USER ?? String(process.getuid?.() ?? '')
  await people.note({ who, kind: 'command', peer: '', action, object, detail: { ...detail } })
}
