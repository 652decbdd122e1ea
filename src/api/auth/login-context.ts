// What the routes about logging in and settings know beyond the rest: the gate, the people's store, and
// how to write an entry of the audit log.
import type { AuditEntry } from '#contract'
import { ApiError } from '../errors.ts'
import type { Route } from '../http/route.ts'
import type { Peer } from '../options.ts'
import type { LoginOptions } from '../options-people.ts'
import type { People } from '../people.ts'
import type { Gate } from './access.ts'
import { hasRole, type Identity } from './identity.ts'
import type { OidcLoginPage } from './oidc.ts'

/** Writes down that `who` did something; does nothing where nothing can be written down. */
export type Audit = (
  action: string,
  object: string,
  detail?: Readonly<Record<string, unknown>>,
) => Promise<void>

/** Part of every request's context. */
export interface LoginContext {
  readonly gate: Gate
  readonly login: LoginOptions
  readonly oidc: OidcLoginPage | undefined
  /** Whether the browser's way here is encrypted. */
  readonly isSecure: boolean
  readonly audit: Audit
}

/** The audit of one request. */
export const auditOf =
  (people: People | undefined, who: Identity, peer: Peer): Audit =>
  async (action, object, detail = {}) => {
    const entry: Omit<AuditEntry, 'id' | 'at'> = {
      ...{ who: who.name, kind: who.kind, peer: peer.ip, action, object, detail },
    }
    await people?.note(entry)
  }

/** The people's store; where there is none, as in a server of tests, nothing about people can be asked. */
export function peopleOf({ options }: { options: { people?: People } }): People {
  if (options.people) return options.people
  throw new ApiError(
    'unknown_route',
    'This server keeps no users.',
    'Ask one that was started with "calliope up" or "calliope serve".',
  )
}

/** Throws unless `who` has the role and the scope the route asks for. */
export function checkRights({ role = 'viewer', scope, method }: Route, who: Identity): void {
  if (!hasRole(who.role, role))
    throw new ApiError(
      'forbidden',
      `${who.name} is ${who.role}; this takes the role ${role}.`,
      'Ask an administrator for the role, or log in as somebody who has it.',
    )
  const needed = scope ?? (method === 'GET' ? 'read' : 'admin')
  if (!who.scopes.includes(needed))
    throw new ApiError(
      'forbidden',
      `The token ${who.name} is for ${who.scopes.join(', ') || 'nothing'}; this takes ${needed}.`,
      'Make a token with that scope under Settings.',
    )
}
