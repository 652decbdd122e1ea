// `calliope user`: people who may log in, straight in the database, for the first one and for when
// nobody can log in any more. A password comes from the keyboard or from stdin, never from the command
// line, where every user of the machine could read it.
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { hashPassword, passwordFault } from '#api'
import { CONFIG_FLAGS, kinds, loadConfig, setting, UsageError } from '#config'
import { openPeople } from '#store'
import { type Command, CommandError } from './command.ts'
import { openDatabase } from './open-database.ts'

const ROLE = kinds.choice('viewer', 'engineer', 'admin')
const NAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/
const ACTIONS = ['add', 'list', 'passwd', 'role', 'remove'] as const

/** `calliope user add|list|passwd|role|remove`. */
export const user: Command = {
  summary: 'who may log in: add, list, passwd, role, remove',
  usage: 'user add NAME --role admin | list | passwd NAME | role NAME ROLE | remove NAME',
  example: 'calliope user add anna --role admin --data-dir /var/lib/calliope',
  flags: {
    role: setting(ROLE, 'viewer', 'what they may do: viewer reads, engineer also exports'),
    data_dir: CONFIG_FLAGS.data_dir!,
    database: CONFIG_FLAGS.database!,
    config: CONFIG_FLAGS.config!,
  },
  run,
}

type People = ReturnType<typeof openPeople>

async function run(argv: readonly string[]): Promise<number> {
  const { role, rest } = takeRole(argv)
  const { config, positionals } = await loadConfig(rest)
  const [action = '', name = '', value = ''] = positionals
  if (!ACTIONS.some((known) => known === action))
    throw wrong(action, `give one of ${ACTIONS.join(', ')}`)
  if (action !== 'list' && !NAME.test(name))
    throw wrong(name, 'give a name of a-z 0-9 . _ @ + -, at most 64 characters')
  await using database = await openDatabase(config, 'calliope user')
  const people = openPeople(database.sql)
  if (action === 'list') await list(people)
  if (action === 'add') await add(people, name, role)
  if (action === 'passwd') {
    check(await people.setPassword(name, await askPassword(name)), name)
    await done(people, 'password-changed', name)
  }
  if (action === 'role') {
    const parsed = ROLE.parse(value)
    if (!('value' in parsed)) throw wrong(value, `give ${parsed.allowed}`)
    check(await people.setRole(name, parsed.value), name)
    await done(people, 'role-changed', name, { role: parsed.value })
  }
  if (action === 'remove') {
    check(await people.removeUser(name), name)
    await done(people, 'user-removed', name)
  }
  return 0
}

async function add(
  people: People,
  name: string,
  role: 'viewer' | 'engineer' | 'admin',
): Promise<void> {
  if (role !== 'admin' && !(await people.hasUsers()))
    throw new CommandError('The first user has to be an administrator: add --role admin.')
  if (!(await people.addUser(name, role, await askPassword(name))))
    throw new CommandError(`There is a user ${name} already; change it with passwd or role.`)
  await done(people, 'user-added', name, { role })
}

async function list(people: People): Promise<void> {
  for (const { name, role, hasPassword, lastLoginAt } of await people.users())
    process.stdout.write(
      `${name.padEnd(24)} ${role.padEnd(9)} ${hasPassword ? 'password' : 'oidc    '} ${lastLoginAt ?? 'never logged in'}\n`,
    )
}

async function done(people: People, action: string, object: string, detail = {}): Promise<void> {
  const who = process.env.USER ?? String(process.getuid?.() ?? '')
  await people.note({ who, kind: 'command', peer: '', action, object, detail })
  process.stdout.write(`${action.replace('-', ' ')}: ${object}\n`)
}

function check(change: string, name: string): void {
  if (change === 'no-such-user') throw new CommandError(`There is no user ${name}.`)
  if (change === 'last-admin')
    throw new CommandError(`${name} is the only administrator; make somebody else one first.`)
}

/** The hash of a password that will do. */
async function askPassword(name: string): Promise<string> {
  const password = process.stdin.isTTY ? await typeTwice() : await firstLine()
  const fault = passwordFault(password, name)
  if (fault) throw new CommandError(`The password will not do: ${fault}.`)
  return hashPassword(password)
}

async function typeTwice(): Promise<string> {
  const first = await typeUnseen('Password: ')
  if ((await typeUnseen('Again:    ')) === first) return first
  throw new CommandError('The two are not the same; nothing was changed.')
}

function typeUnseen(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, next) => next() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  return new Promise((resolve) =>
    lines.question('', (answer) => {
      process.stderr.write('\n')
      lines.close()
      resolve(answer)
    }),
  )
}

async function firstLine(): Promise<string> {
  return (await Bun.stdin.text()).split(/\r?\n/)[0]!
}

// The role is no setting of the program, so it is taken out before those are read.
function takeRole(argv: readonly string[]) {
  const at = argv.findIndex((word) => word === '--role' || word.startsWith('--role='))
  if (at === -1) return { role: 'viewer' as const, rest: argv }
  const inline = argv[at]!.startsWith('--role=')
  const text = inline ? argv[at]!.slice(7) : (argv[at + 1] ?? '')
  const parsed = ROLE.parse(text)
  if (!('value' in parsed))
    throw new UsageError([
      { where: '--role', message: `'${text}' is not allowed; give ${parsed.allowed}` },
    ])
  return { role: parsed.value, rest: argv.toSpliced(at, inline ? 1 : 2) }
}

const wrong = (where: string, message: string): UsageError => new UsageError([{ where, message }])
