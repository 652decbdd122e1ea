// PostgreSQL refuses to run as root. When we are root, it runs as the user `postgres` if there is one,
// else as `nobody`, and the data directory becomes that user's.
//
// A data directory under /root (or programs there: node_modules) cannot be reached by that user,
// because /root is closed to others. Then it gets one capability through setpriv: to pass folders
// regardless of their mode. `no_setuid_fixup` is needed beside it because access(2), with which
// PostgreSQL checks its own program file, otherwise ignores capabilities of ordinary users.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** How to start a program as the user PostgreSQL runs as. */
export interface Account {
  /** Undefined: as ourselves. */
  readonly user: { readonly uid: number; readonly gid: number; readonly name: string } | undefined
  /** Put in front of the program and its arguments. */
  readonly prefix: readonly string[]
}

const NOBODY = { uid: 65_534, gid: 65_534, name: 'nobody' }
/** The weaker one first; containers usually grant only the second. */
const CAPABILITIES = ['dac_read_search', 'dac_override']

/** The account to run PostgreSQL under; throws a sentence when root cannot find one that works. */
export function findAccount(directory: string, program: string): Account {
  if (process.getuid?.() !== 0) return { user: undefined, prefix: [] }
  const user = userNamed('postgres') ?? NOBODY
  const direct: Account = { user, prefix: [] }
  if (reaches(direct, directory, program)) return direct
  for (const capability of CAPABILITIES) {
    const account: Account = { user, prefix: setpriv(user, capability) }
    if (reaches(account, directory, program)) return account
  }
  throw new Error(
    `PostgreSQL does not run as root, and user ${user.name} cannot reach ${directory} and ${dirname(program)}. ` +
      'Use a --data-dir outside closed folders such as /root, run calliope as another user, or ' +
      'use a server of your own with --database postgres://…',
  )
}

/** Options for spawn that make it run as the account. */
export function asUser({ user, prefix }: Account): { uid?: number; gid?: number } {
  return user === undefined || prefix.length > 0 ? {} : { uid: user.uid, gid: user.gid }
}

function setpriv({ uid, gid }: { uid: number; gid: number }, capability: string): string[] {
  const caps = `+${capability}`
  return [
    ...['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups'],
    ...['--securebits', '+no_setuid_fixup', '--inh-caps', caps, '--ambient-caps', caps],
  ]
}

/** Whether a process of the account can enter the directory and run the program. */
function reaches(account: Account, directory: string, program: string): boolean {
  const [command, ...args] = [
    ...account.prefix,
    ...['/bin/sh', '-c', 'cd "$1" && test -x "$2"', 'sh', directory, program],
  ]
  return spawnSync(command!, args, { ...asUser(account), cwd: '/', stdio: 'ignore' }).status === 0
}

function userNamed(name: string): typeof NOBODY | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    return uid && gid ? { uid: Number(uid), gid: Number(gid), name } : undefined
  } catch {
    return undefined
  }
}
