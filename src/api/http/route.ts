// What a route is, how a path finds its route, and how a request's parameters are read. The router
// is a walk over the table: two dozen routes do not earn a tree.

import type { Identity, Role, Scope } from '../auth/identity.ts'
import type { LoginContext } from '../auth/login-context.ts'
import type { CallStore } from '../call-store.ts'
import { ApiError, type ErrorCode } from '../errors.ts'
import type { ApiOptions, Peer } from '../options.ts'
import type { SchemaName } from '../schemas/schemas.ts'
import type { Param } from './params.ts'
import type { Reply } from './reply.ts'

// biome-ignore lint/suspicious/noExplicitAny: a table of parameters of many kinds
export type Params = Readonly<Record<string, Param<any>>>
/** What a handler gets for its parameters. */
export type ValuesOf<P extends Params> = {
  readonly [Name in keyof P]: P[Name] extends Param<infer Value> ? Value : never
}

/** What a handler knows beyond its parameters. */
export interface RequestContext extends LoginContext {
  readonly request: Request
  /** Aborts when the client goes away or the request's time is up. */
  readonly signal: AbortSignal
  readonly peer: Peer
  /** Who asks; on open routes nobody in particular. */
  readonly who: Identity
  /** The store as `who` may see it. Handlers read through this, never through `options.store`. */
  readonly store: CallStore
  /** The store as somebody else sees it: for share links. */
  readonly storeAs: (who: Identity) => CallStore
  readonly options: ApiOptions
  /** Lifts the time limit: for answers that never end. */
  readonly keepOpen: () => AbortSignal
  /** Opens a live stream. */
  readonly watch: (q: string, context: RequestContext) => Promise<Reply>
}

/** One row of the table. */
export interface Route<P extends Params = Params> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `{name}` stands for one percent-encoded segment. */
  readonly path: string
  readonly summary: string
  /** `open`: no token ever. `handler`: the token, or what the handler itself asks for. */
  readonly access: 'open' | 'token' | 'handler'
  /** Least role it takes; does not matter on open routes. @default 'viewer' */
  readonly role?: Role
  /** Scope an API token needs. @default 'read' for GET, 'admin' for the rest */
  readonly scope?: Scope
  readonly params: P
  /** Shape of the JSON body; the handler reads it by `readBody`. */
  readonly body?: SchemaName
  readonly answer: Answer
  /** Errors of its own, beyond those any route can give. */
  readonly errors: readonly ErrorCode[]
  readonly handle: (values: ValuesOf<P>, context: RequestContext) => Promise<Reply> | Reply
}

/** The shape of a success: JSON after a schema, or bytes of a media type. */
export type Answer =
  | { readonly kind: 'json'; readonly schema: SchemaName }
  | { readonly kind: 'bytes'; readonly type: string; readonly about: string }

/** Keeps the parameters' types while the table forgets them. */
export const route = <const P extends Params>(definition: Route<P>): Route => definition as never

/** A template cut into its segments, once. */
export interface RoutePattern {
  readonly route: Route
  readonly segments: readonly string[]
}

/** Cuts every template, in the table's order. */
export const patternsOf = (routes: readonly Route[]): readonly RoutePattern[] =>
  routes.map((route) => ({ route, segments: route.path.split('/') }))

/** Every route at this path, whatever its method. */
export function routesAt(path: string, patterns: readonly RoutePattern[]): readonly RoutePattern[] {
  const given = path.split('/')
  return patterns.filter(
    ({ segments }) =>
      segments.length === given.length &&
      // An empty segment is no Call-ID: '/api/v1/calls/' is a path of its own, and there is nothing.
      segments.every((part, i) => (part.startsWith('{') ? given[i] !== '' : part === given[i])),
  )
}

/** Reads and checks every parameter; throws the first thing wrong. */
export function readParams(
  { route, segments }: RoutePattern,
  path: string,
  query: URLSearchParams,
  nowUs: number,
): ValuesOf<Params> {
  refuseStrangers(route, query)
  const given = path.split('/')
  return Object.fromEntries(
    Object.entries(route.params).map(([name, param]) => {
      const text =
        param.in === 'path'
          ? decodeSegment(given[segments.indexOf(`{${name}}`)] ?? '')
          : query.get(name)
      // Absent is the default; present and empty is a value like any other, and is checked.
      if (text === null) return [name, param.byDefault(nowUs)]
      const value = param.parse(text, nowUs)
      if (value === undefined) throw badParameter(name, text, param)
      return [name, value]
    }),
  )
}

// A misspelt `form=-15m` that is passed over would show all of time as if it were the last quarter.
function refuseStrangers(route: Route, query: URLSearchParams): void {
  const known = Object.keys(route.params).filter((name) => route.params[name]!.in === 'query')
  for (const name of new Set(query.keys())) {
    if (!known.includes(name))
      throw new ApiError(
        'unknown_parameter',
        `There is no parameter ${quote(name)} here.`,
        known.length > 0 ? `Known: ${known.join(', ')}.` : 'This route takes none.',
      )
    if (query.getAll(name).length > 1)
      throw new ApiError(
        'repeated_parameter',
        `${name} is given ${query.getAll(name).length} times.`,
        'Give it once.',
      )
  }
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new ApiError(
      'bad_path',
      `${quote(segment)} is not percent-encoded UTF-8.`,
      "Encode it as encodeURIComponent does: '%' itself is %25.",
    )
  }
}

const badParameter = (name: string, value: string, { allowed }: Param<unknown>): ApiError =>
  new ApiError('bad_parameter', `${name} is ${quote(value)}.`, `Allowed: ${allowed}.`)

/** A user's value inside a message: quoted, and cut when it is long. */
export const quote = (value: string): string =>
  value.length > 100 ? `${JSON.stringify(value.slice(0, 100))}…` : JSON.stringify(value)
