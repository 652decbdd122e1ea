// Users. The last administrator cannot be removed or demoted, or nobody could put it right again.
import type { SQL, TransactionSQL } from 'bun'
import type { RoleName, UserRow } from '#contract'
import { ADMINS_LOCK, timeSql } from './rows.ts'

type UserChange = 'done' | 'no-such-user' | 'last-admin'

/** Everything about users but their sessions. */
export const openUsers = (sql: SQL) => ({
  async hasUsers(): Promise<boolean> {
    const [row] = await sql`select exists (select from users) as any`
    return row.any
  },

  users: (): Promise<readonly UserRow[]> =>
    sql.unsafe(`select name, role, password_hash is not null as "hasPassword", issuer,
        ${timeSql('created_at')} as "createdAt", ${timeSql('last_login_at')} as "lastLoginAt",
        (select count(*)::int from sessions where user_name = name and expires_at > now())
          as sessions
      from users order by name`),

  async credentials(
    name: string,
  ): Promise<{ role: RoleName; passwordHash: string | null } | undefined> {
    const [row] = await sql`
      select role, password_hash as "passwordHash" from users where name = ${name}`
    return row
  },

  async addUser(name: string, role: RoleName, passwordHash: string | null): Promise<boolean> {
    const rows = await sql`insert into users (name, role, password_hash)
      values (${name}, ${role}, ${passwordHash}) on conflict do nothing returning name`
    return rows.length > 0
  },

  // Whoever knows the old password may have a session open: it ends with it.
  setPassword: (name: string, passwordHash: string): Promise<UserChange> =>
    sql.begin(async (tx) => {
      const rows = await tx`update users set password_hash = ${passwordHash}
        where name = ${name} returning name`
      await tx`delete from sessions where user_name = ${name}`
      return rows.length > 0 ? 'done' : 'no-such-user'
    }),

  setRole: (name: string, role: RoleName): Promise<UserChange> =>
    sql.begin(async (tx) => {
      if (role !== 'admin' && (await isLastAdmin(tx, name))) return 'last-admin'
      const rows = await tx`update users set role = ${role} where name = ${name} returning name`
      return rows.length > 0 ? 'done' : 'no-such-user'
    }),

  removeUser: (name: string): Promise<UserChange> =>
    sql.begin(async (tx) => {
      if (await isLastAdmin(tx, name)) return 'last-admin'
      const rows = await tx`delete from users where name = ${name} returning name`
      return rows.length > 0 ? 'done' : 'no-such-user'
    }),

  // Known by issuer and subject, which never change; the name is only the first one they came under.
  async vouchedUser(
    issuer: string,
    subject: string,
    name: string,
    role: RoleName,
  ): Promise<string | undefined> {
    const [known] = await sql`update users set role = ${role}
      where issuer = ${issuer} and subject = ${subject} returning name`
    if (known) return known.name
    // A local user of that name is somebody else, whatever the provider says.
    const [made] = await sql`insert into users (name, role, issuer, subject)
      values (${name}, ${role}, ${issuer}, ${subject}) on conflict do nothing returning name`
    return made?.name
  },
})

async function isLastAdmin(tx: TransactionSQL, name: string): Promise<boolean> {
  await tx`select pg_advisory_xact_lock(${ADMINS_LOCK})`
  const [row] = await tx`select role = 'admin' and not exists (
      select from users other where other.role = 'admin' and other.name <> users.name) as last
    from users where name = ${name}`
  return row?.last ?? false
}
