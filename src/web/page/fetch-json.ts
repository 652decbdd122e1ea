// One way to ask the API, one kind of failure, whatever went wrong.

/** What to tell the user; `at` and `length` mark the place in the query when there is one. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly at?: number
  readonly length?: number
}

/** What came of asking: never an exception. */
export type Answer<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'failure'; readonly failure: Failure }
  /** We stopped it ourselves; nobody waits for it any more. */
  | { readonly kind: 'aborted' }

/** GET as JSON; never rejects. */
export async function fetchJson<Value>(path: string, signal: AbortSignal): Promise<Answer<Value>> {
  try {
    const response = await fetch(path, { signal, headers: { accept: 'application/json' } })
    const body = await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return { kind: 'value', value: body as Value }
    return { kind: 'failure', failure: body?.error ?? unreadable(response.status) }
  } catch {
    return signal.aborted ? { kind: 'aborted' } : { kind: 'failure', failure: UNREACHABLE }
  }
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
