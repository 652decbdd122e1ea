// Who asks, and what that entitles to. A request has exactly one identity from the gate onwards; a
// handler that needs to know reads `context.who`, and never a header.
//
//   local    nobody had to log in: loopback, and no user exists
//   user     a person with a session cookie
//   token    an API token, or `http.token` from the configuration (an admin's)
//   share    a share link: one call, nothing else
//   nobody   an open route; whoever it is may see nothing that is captured
import type { Masking } from '../masking/masking.ts'

/** From the least to the most. */
export const ROLES = ['viewer', 'engineer', 'admin'] as const
/** viewer: reads and exports. engineer: also shares, tries again, names hosts. admin: everything. */
export type Role = (typeof ROLES)[number]

/** What an API token may be for. */
export const SCOPES = ['read', 'ingest', 'export', 'admin'] as const
/** read: search and show. ingest: POST /hep. export: pcap and text. admin: all that changes things. */
export type Scope = (typeof SCOPES)[number]

/** Who asks. */
export interface Identity {
  /** For people and for the audit log. */
  readonly name: string
  readonly kind: 'local' | 'user' | 'token' | 'share' | 'nobody'
  readonly role: Role
  readonly scopes: readonly Scope[]
  /** What is hidden from them; undefined = nothing. `context.store` already hides it. */
  readonly masking: Masking | undefined
}

/** Whether `role` is `least` or more. */
export const hasRole = (role: Role, least: Role): boolean =>
  ROLES.indexOf(role) >= ROLES.indexOf(least)

/** Who asks where nobody has to log in. */
export const LOCAL: Identity = {
  ...{ name: 'local', kind: 'local', role: 'admin', scopes: SCOPES, masking: undefined },
}

/** Who asks on open routes. */
export const NOBODY: Identity = {
  ...{ name: 'nobody', kind: 'nobody', role: 'viewer', scopes: [], masking: undefined },
}
