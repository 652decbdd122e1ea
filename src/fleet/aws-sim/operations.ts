// One table of what can be done: an operation's name, the service it belongs to, and the function
// that does it in the simulated world. The server knows nothing else of any service.
import type { ServiceKey } from './services.ts'

export type Json = Readonly<Record<string, unknown>>
/** Throws AwsFault for what the service would refuse. */
export type Operation = (input: never) => Json

export interface OperationTable {
  readonly service: ServiceKey
  readonly operations: Readonly<Record<string, Operation>>
}

/** A call that came in: what a test counts, to hold callers to their limits. */
export interface CallRecord {
  readonly service: ServiceKey
  readonly operation: string
  readonly input: Json
  readonly atMs: number
  /** The error answered, if one was; `lost-reply`: done, but the caller was not told. */
  readonly fault: string | undefined
}

/** At most `size` items from `token` on, and the token of the next page when there is one. */
export function page<Item>(
  items: readonly Item[],
  { nextToken, maxResults }: { nextToken?: string | undefined; maxResults?: number | undefined },
  size = 100,
): { items: readonly Item[]; nextToken?: string } {
  const from = Number(nextToken ?? 0)
  const until = from + Math.min(maxResults ?? size, size)
  return {
    items: items.slice(from, until),
    ...(until < items.length ? { nextToken: String(until) } : {}),
  }
}
