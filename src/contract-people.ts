// The shapes of users, tokens, settings and the audit log as the outside sees them; part of
// contract.ts. No shape here holds a secret, except the two that are shown once (`IssuedToken`,
// `IssuedAgentKey`).

/** From the least to the most. viewer: reads. engineer: also exports and shares. admin: everything. */
export type RoleName = 'viewer' | 'engineer' | 'admin'
/** What an API token may be for. */
export type ScopeName = 'read' | 'ingest' | 'export' | 'admin'

export interface UserRow {
  readonly name: string
  readonly role: RoleName
  /** False: they come through OpenID Connect only. */
  readonly hasPassword: boolean
  readonly issuer: string | null
  readonly createdAt: string
  readonly lastLoginAt: string | null
  /** Browsers they are logged in with. */
  readonly sessions: number
}

export interface TokenRow {
  readonly id: string
  readonly name: string
  readonly role: RoleName
  readonly scopes: readonly ScopeName[]
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

export interface AgentKeyRow {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly createdBy: string
}

/** A name for an address, an address with port, or a network. */
export interface Alias {
  readonly address: string
  readonly name: string
}

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly who: string
  readonly kind: string
  readonly peer: string
  readonly action: string
  readonly object: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** What is hidden from somebody, and how much of it. */
export interface Masking {
  /** How many digits of a number stay at its ends; null = numbers are shown. */
  readonly numbers: { readonly keepFirst: number; readonly keepLast: number } | null
  /** `keep-sdp`: bodies are blanked but for SDP. `blank`: all of them. */
  readonly bodies: 'show' | 'keep-sdp' | 'blank'
  /** Headers whose values are blanked. */
  readonly headers: readonly string[]
}

/** Masking by role; null = that role sees everything. */
export interface MaskingPolicy {
  readonly viewer: Masking | null
  readonly engineer: Masking | null
  readonly admin: Masking | null
  /** Whether opening a call without masking is written into the audit log. */
  readonly auditUnmasked: boolean
}

/** Who is logged in, and how one can be. */
export interface Session {
  /** Null: nobody, and somebody must be. */
  readonly who: {
    readonly name: string
    readonly kind: 'local' | 'user' | 'token' | 'share' | 'nobody'
    readonly role: RoleName
    readonly scopes: readonly ScopeName[]
    readonly masked: boolean
  } | null
  readonly login: {
    /** Whether there are users; where there are none, whoever asks from this machine is let in. */
    readonly users: boolean
    /** Whether http.token is set; it logs in as the user `token`. */
    readonly token: boolean
    /** Name of the identity provider; null = none. */
    readonly oidc: string | null
  }
}

/** How long calls are kept; null = as the configuration says. */
export interface RetentionSetting {
  readonly hours: number | null
  readonly bytesMax: number | null
}
