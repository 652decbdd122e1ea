// One way to ask the API, one kind of failure, whatever went wrong.
import { openPage, readAddress } from './address.ts'

/** What to tell the user; `at` and `length` mark the place in the query when there is one. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly at?: number
  readonly length?: number
  /** What is wrong with a form, by field. */
  readonly fields?: Readonly<Record<string, string>>
}

/** What came of asking: never an exception. */
export type Answer<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'failure'; readonly failure: Failure }
  /** We stopped it ourselves; nobody waits for it any more. */
  | { readonly kind: 'aborted' }

/** GET as JSON; never rejects. */
export const fetchJson = <Value>(path: string, signal: AbortSignal): Promise<Answer<Value>> =>
  ask(path, { signal })

/** Changes something; a body is sent as JSON. Never rejects. */
export const sendJson = <Value>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  signal = new AbortController().signal,
): Promise<Answer<Value>> =>
  ask(path, {
    ...{ method, signal },
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })

async function ask<Value>(
  path: string,
  { signal, headers, ...init }: RequestInit & { signal: AbortSignal },
): Promise<Answer<Value>> {
  try {
    const response = await fetch(path, {
      ...init,
      signal,
      // Says that the page itself asks: no form of another site can send it (docs/security.md).
      headers: { accept: 'application/json', 'x-calliope': '1', ...headers },
    })
    if (response.status === 401) needLogin()
    // 204 and the like have nothing to say, and that is no fault.
    const body = response.status === 204 ? null : await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return { kind: 'value', value: body as Value }
    return { kind: 'failure', failure: body?.error ?? unreadable(response.status) }
  } catch {
    return signal.aborted ? { kind: 'aborted' } : { kind: 'failure', failure: UNREACHABLE }
  }
}

// Whoever is not logged in, or no longer, comes back to where they were afterwards.
function needLogin(): void {
  const { page } = readAddress(location)
  if (page === 'login' || page === 'share') return
  openPage('login', '', { next: location.pathname + location.search })
}

const UNREACHABLE: Failure = {
  code: 'server_unreachable',
  message: 'Calliope does not answer.',
  hint: 'It may be restarting: this page tries again by itself.',
}

const unreadable = (status: number): Failure => ({
  code: 'unreadable',
  message: `The server answered ${status} in a form this page does not know.`,
  hint: 'A proxy in between may be answering. Reload, or look at the server.',
})

/** '/api/v1/calls?q=…' without the parameters that are empty. */
export const apiPath = (path: string, query: Readonly<Record<string, string>> = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  return `/api/v1/${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}

/** A Call-ID can hold anything, half of a surrogate pair included. */
export const callPath = (callId: string): string =>
  `calls/${encodeURIComponent(callId.toWellFormed())}`
