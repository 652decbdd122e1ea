// The people's side of the store as the API needs it; `commands` hands one in. Secrets come here
// hashed already, except those that belong to the installation itself (`secret`).
import type {
  AgentKeyRow,
  Alias,
  AuditEntry,
  RoleName,
  ScopeName,
  TokenRow,
  UserRow,
} from '#contract'

/** Why a change of a user did not happen. */
export type UserChange = 'done' | 'no-such-user' | 'last-admin'

export interface NewSession {
  readonly tokenHash: Uint8Array
  /** Whose, or the digest of the http.token that was shown instead. */
  readonly owner: { readonly user: string } | { readonly byToken: Uint8Array }
  readonly expiresMs: number
  readonly peer: string
  readonly userAgent: string
}

/** A session that has not run out. */
export interface FoundSession {
  readonly user: string | null
  readonly role: RoleName | null
  readonly byToken: Uint8Array | null
}

export interface NewToken {
  readonly name: string
  readonly tokenHash: Uint8Array
  readonly role: RoleName
  readonly scopes: readonly ScopeName[]
  readonly createdBy: string
  readonly expiresAt: string | null
}

export interface OidcLogin {
  readonly verifier: string
  readonly nonce: string
  readonly returnTo: string
}

/** Users, sessions, tokens, settings and the audit log, in the database. */
export interface People {
  hasUsers(): Promise<boolean>
  users(): Promise<readonly UserRow[]>
  credentials(name: string): Promise<{ role: RoleName; passwordHash: string | null } | undefined>
  /** False when the name is taken. */
  addUser(name: string, role: RoleName, passwordHash: string | null): Promise<boolean>
  /** Ends the sessions of the user, too. */
  setPassword(name: string, passwordHash: string): Promise<UserChange>
  setRole(name: string, role: RoleName): Promise<UserChange>
  removeUser(name: string): Promise<UserChange>
  /** The user an identity provider vouches for, made at the first login; undefined: the name is taken. */
  vouchedUser(
    issuer: string,
    subject: string,
    name: string,
    role: RoleName,
  ): Promise<string | undefined>

  openSession(session: NewSession): Promise<void>
  session(tokenHash: Uint8Array, idleMsMax: number): Promise<FoundSession | undefined>
  closeSession(tokenHash: Uint8Array): Promise<void>
  /** How many were ended. */
  closeSessionsOf(user: string): Promise<number>
  keepOidcLogin(stateHash: Uint8Array, login: OidcLogin): Promise<void>
  /** Can be taken once, within ten minutes. */
  takeOidcLogin(stateHash: Uint8Array): Promise<OidcLogin | undefined>

  tokens(): Promise<readonly TokenRow[]>
  /** Undefined when the name is taken. */
  addToken(token: NewToken): Promise<string | undefined>
  removeToken(id: string): Promise<boolean>
  token(
    tokenHash: Uint8Array,
  ): Promise<{ name: string; role: RoleName; scopes: readonly ScopeName[] } | undefined>

  setting(key: string): Promise<unknown>
  setSetting(key: string, value: unknown): Promise<void>
  aliases(): Promise<readonly Alias[]>
  setAliases(aliases: readonly Alias[]): Promise<void>
  agentKeys(): Promise<readonly AgentKeyRow[]>
  addAgentKey(name: string, keyHash: Uint8Array, createdBy: string): Promise<string | undefined>
  removeAgentKey(id: string): Promise<boolean>
  /** 32 random bytes of this installation, made when first asked for. */
  secret(name: 'masking' | 'agent-keys'): Promise<Uint8Array>

  note(entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void>
  /** Newest first; `before` is the id of the last one seen. */
  audit(search: AuditSearch): Promise<readonly AuditEntry[]>
}

export interface AuditSearch {
  readonly before: string | undefined
  readonly limit: number
  readonly who: string | undefined
  readonly action: string | undefined
}
