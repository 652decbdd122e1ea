// Browsers' logins, and logins on their way through somebody else's login page. A session ends when it
// is idle too long, when it is old, when its user ends it, goes or changes the password.
import type { SQL } from 'bun'
import type { RoleName } from '#contract'

/** How long a person may take at the identity provider. */
const OIDC_MINUTES_MAX = 10
/** `seen_at` is written at most so often: reading a page asks for a dozen things. */
const SEEN_EVERY_SECONDS = 30

interface NewSession {
  readonly tokenHash: Uint8Array
  readonly owner: { readonly user: string } | { readonly byToken: Uint8Array }
  readonly expiresMs: number
  readonly peer: string
  readonly userAgent: string
}

interface FoundSession {
  readonly user: string | null
  readonly role: RoleName | null
  readonly byToken: Uint8Array | null
}

interface OidcLogin {
  readonly verifier: string
  readonly nonce: string
  readonly returnTo: string
}

export const openSessions = (sql: SQL) => ({
  async openSession({ tokenHash, owner, expiresMs, peer, userAgent }: NewSession): Promise<void> {
    const user = 'user' in owner ? owner.user : null
    const byToken = 'byToken' in owner ? owner.byToken : null
    await sql.begin(async (tx) => {
      // Nothing else ever looks at these again, so the next login takes them away.
      await tx`delete from sessions where expires_at < now()`
      await tx`insert into sessions (token_hash, user_name, by_token, expires_at, peer, user_agent)
        values (${tokenHash}, ${user}, ${byToken}, now() + ${expiresMs} * interval '1 ms',
          ${peer}, ${userAgent.slice(0, 200)})`
      await tx`update users set last_login_at = now() where name = ${user}`
    })
  },

  async session(tokenHash: Uint8Array, idleMsMax: number): Promise<FoundSession | undefined> {
    const [row] = await sql`select user_name as "user", role, by_token as "byToken",
        seen_at < now() - ${SEEN_EVERY_SECONDS} * interval '1 s' as stale
      from sessions left join users on name = user_name
      where token_hash = ${tokenHash} and expires_at > now()
        and seen_at > now() - ${idleMsMax} * interval '1 ms'`
    if (!row) return undefined
    if (row.stale) await sql`update sessions set seen_at = now() where token_hash = ${tokenHash}`
    return { user: row.user, role: row.role, byToken: row.byToken }
  },

  async closeSession(tokenHash: Uint8Array): Promise<void> {
    await sql`delete from sessions where token_hash = ${tokenHash}`
  },

  async closeSessionsOf(user: string): Promise<number> {
    const rows = await sql`delete from sessions where user_name = ${user} returning 1`
    return rows.length
  },

  async keepOidcLogin(stateHash: Uint8Array, login: OidcLogin): Promise<void> {
    await sql`delete from oidc_logins
      where created_at < now() - ${OIDC_MINUTES_MAX} * interval '1 minute'`
    await sql`insert into oidc_logins (state_hash, verifier, nonce, return_to)
      values (${stateHash}, ${login.verifier}, ${login.nonce}, ${login.returnTo})`
  },

  // Deleted as it is read: a code that is sent twice opens one session.
  async takeOidcLogin(stateHash: Uint8Array): Promise<OidcLogin | undefined> {
    const [row] = await sql`delete from oidc_logins where state_hash = ${stateHash}
        and created_at > now() - ${OIDC_MINUTES_MAX} * interval '1 minute'
      returning verifier, nonce, return_to as "returnTo"`
    return row
  },
})
