// API tokens and agents' keys. Both are random and long, so that a plain hash of one gives nothing away.
import type { SQL } from 'bun'
import type { AgentKeyRow, RoleName, ScopeName, TokenRow } from '#contract'
import { timeSql } from './rows.ts'

interface NewToken {
  readonly name: string
  readonly tokenHash: Uint8Array
  readonly role: RoleName
  readonly scopes: readonly ScopeName[]
  readonly createdBy: string
  readonly expiresAt: string | null
}

export const openTokens = (sql: SQL) => ({
  tokens: (): Promise<readonly TokenRow[]> =>
    sql.unsafe(`select id::text, name, role, scopes, ${timeSql('created_at')} as "createdAt",
        created_by as "createdBy", ${timeSql('expires_at')} as "expiresAt",
        ${timeSql('last_used_at')} as "lastUsedAt"
      from api_tokens order by id`),

  async addToken(token: NewToken): Promise<string | undefined> {
    const scopes = `{${token.scopes.join(',')}}`
    const [row] = await sql`insert into
        api_tokens (name, token_hash, role, scopes, created_by, expires_at)
      values (${token.name}, ${token.tokenHash}, ${token.role}, ${scopes}::text[],
        ${token.createdBy}, ${token.expiresAt}::timestamptz)
      on conflict (name) do nothing returning id::text`
    return row?.id
  },

  async removeToken(id: string): Promise<boolean> {
    return (await sql`delete from api_tokens where id = ${id}::bigint returning 1`).length > 0
  },

  async token(
    tokenHash: Uint8Array,
  ): Promise<{ name: string; role: RoleName; scopes: readonly ScopeName[] } | undefined> {
    const [row] = await sql`update api_tokens set last_used_at = now()
      where token_hash = ${tokenHash} and coalesce(expires_at > now(), true)
      returning name, role, scopes`
    return row
  },

  agentKeys: (): Promise<readonly AgentKeyRow[]> =>
    sql.unsafe(`select id::text, name, ${timeSql('created_at')} as "createdAt",
      created_by as "createdBy" from agent_keys order by id`),

  async addAgentKey(
    name: string,
    keyHash: Uint8Array,
    createdBy: string,
  ): Promise<string | undefined> {
    const [row] = await sql`insert into agent_keys (name, key_hash, created_by)
      values (${name}, ${keyHash}, ${createdBy}) on conflict (name) do nothing returning id::text`
    return row?.id
  },

  async removeAgentKey(id: string): Promise<boolean> {
    return (await sql`delete from agent_keys where id = ${id}::bigint returning 1`).length > 0
  },

  /** For the intake: what it takes to recognise a key. */
  async agentKeyHashes(): Promise<readonly Uint8Array[]> {
    const rows: { key_hash: Uint8Array }[] = await sql`select key_hash from agent_keys order by id`
    return rows.map((row) => row.key_hash)
  },
})
