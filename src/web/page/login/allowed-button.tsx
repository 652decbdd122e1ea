// A button that not everybody may press. The server decides (docs/security.md, roles); the page only
// keeps people from finding that out by being refused, and says what it would take.
import type { ComponentProps } from 'preact'
import type { RoleName, ScopeName } from '#contract'
import { useWho } from './use-session.ts'

const ROLES: readonly RoleName[] = ['viewer', 'engineer', 'admin']

/** Why one may not, or undefined where one may. */
export type Refusal = string | undefined

/** Tells what a role or a scope too little forbids; nothing is allowed before it is known who asks. */
export function useRefusal(): (least: RoleName, scope?: ScopeName) => Refusal {
  const who = useWho()
  return (least, scope) => {
    if (!who) return 'Asking who you are …'
    if (ROLES.indexOf(who.role) < ROLES.indexOf(least))
      return `Takes the role ${least}; you are ${who.name}, ${who.role}`
    if (scope !== undefined && !who.scopes.includes(scope))
      return `Takes the scope ${scope}; ${who.name} has ${who.scopes.join(', ') || 'none'}`
    return undefined
  }
}

interface Props extends ComponentProps<'button'> {
  readonly least: RoleName
  readonly scope?: ScopeName
}

/** Disabled with the reason for those who may not. */
export function AllowedButton({ least, scope, disabled, title, children, ...rest }: Props) {
  const refusal = useRefusal()(least, scope)
  return (
    <button
      {...rest}
      type="button"
      disabled={refusal !== undefined || disabled}
      title={refusal ?? title}
    >
      {children}
    </button>
  )
}
