// Which users of homer-app become users here, and as what. Passwords need not be set anew: their bcrypt
// hashes are understood. But a password that everybody can read in homer-app's source is not taken over;
// such a user comes without one, and gets in when an administrator has set one.
import type { RoleName } from '#contract'
import type { HomerUser } from './read-homer-config.ts'

/** What becomes of a user. */
export type PlannedUser =
  | {
      readonly kind: 'add'
      readonly name: string
      readonly role: RoleName
      /** Null: a password has to be set. */
      readonly passwordHash: string | null
      readonly note: string
    }
  | { readonly kind: 'leave'; readonly name: string; readonly why: string }

const NAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/
const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/
/** As homer-app and its containers set them up. */
const KNOWN_PASSWORDS = ['sipcapture', 'homer', 'admin', 'password', '123456', 'test123']

/** `role` is that of everybody who is no administrator there. Administrators first: the first user here must be one. */
export async function planUsers(
  users: readonly HomerUser[],
  existing: ReadonlySet<string>,
  role: RoleName,
): Promise<readonly PlannedUser[]> {
  const planned: PlannedUser[] = []
  const names = new Set(existing)
  for (const user of users) {
    const plan = await planUser(user, names, role)
    if (plan.kind === 'add') names.add(plan.name)
    planned.push(plan)
  }
  const rank = (plan: PlannedUser) => (plan.kind === 'add' && plan.role === 'admin' ? 0 : 1)
  return planned.sort((a, b) => rank(a) - rank(b))
}

async function planUser(
  { username, usergroup, hash, enabled }: HomerUser,
  taken: ReadonlySet<string>,
  role: RoleName,
): Promise<PlannedUser> {
  const name = username.toLowerCase()
  const leave = (why: string): PlannedUser => ({ kind: 'leave', name: username, why })
  if (!enabled) return leave('is disabled there')
  if (!NAME.test(name)) return leave('is no name here: a-z 0-9 . _ @ + -, at most 64 characters')
  if (taken.has(name)) return leave('is there already, and stays as it is')
  const isAdmin = usergroup.toLowerCase().includes('admin') // as homer-app decides it
  const fault = await passwordFault(hash)
  return {
    ...{ kind: 'add', name, role: isAdmin ? 'admin' : role },
    passwordHash: fault ? null : hash,
    note: fault ? `${fault}: set one with "calliope user passwd ${name}"` : 'keeps the password',
  }
}

async function passwordFault(hash: string): Promise<string | undefined> {
  if (!BCRYPT.test(hash)) return 'has no password that can be taken over'
  for (const known of KNOWN_PASSWORDS)
    if (await Bun.password.verify(known, hash)) return 'has a password that everybody knows'
  return undefined
}
