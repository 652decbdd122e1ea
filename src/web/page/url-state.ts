// What the screen shows is in its address: it survives a reload, a bookmark and being sent to a
// colleague, and the browser's own back and forward work.
import { useEffect, useState } from 'preact/hooks'

/** Everything an address can say. */
export interface UrlState {
  readonly q: string
  /** As the API takes it: RFC 3339 or an age; '' = no bound. */
  readonly from: string
  readonly to: string
  /** The open call, or undefined for the list. A Call-ID may be empty. */
  readonly call: string | undefined
  /** Index of the message shown. */
  readonly message: number | undefined
  readonly live: boolean
}

/** From `location.search`; what makes no sense is as if it were not there. */
export const readUrl = (search: string): UrlState => {
  const query = new URLSearchParams(search)
  const message = query.get('message') ?? ''
  return {
    q: query.get('q') ?? '',
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
    call: query.get('call') ?? undefined,
    message: /^\d{1,6}$/.test(message) ? Number(message) : undefined,
    live: query.get('live') === '1',
  }
}

/** Only what differs from an empty state, so that addresses stay short. */
export const writeUrl = ({ q, from, to, call, message, live }: UrlState): string => {
  const query = new URLSearchParams()
  if (q) query.set('q', q)
  if (from) query.set('from', from)
  if (to) query.set('to', to)
  if (call !== undefined) query.set('call', call)
  if (call !== undefined && message !== undefined) query.set('message', String(message))
  if (live) query.set('live', '1')
  return query.size > 0 ? `/?${query}` : '/'
}

/** `push` makes an entry to come back to; `replace` changes the one we are at. */
export type Navigate = (change: Partial<UrlState>, how: 'push' | 'replace') => void

/** The state of the address, and how to change it. */
export function useUrlState(): [UrlState, Navigate] {
  const [state, setState] = useState(() => readUrl(location.search))
  useEffect(() => {
    // Back and forward move the address without us.
    const follow = () => setState(readUrl(location.search))
    addEventListener('popstate', follow)
    return () => removeEventListener('popstate', follow)
  }, [])
  const navigate: Navigate = (change, how) => {
    // From the address, not from the render: two changes in one tick must both count.
    const next = { ...readUrl(location.search), ...change }
    // An entry made here may be left by going back; one from outside may not.
    if (how === 'push') history.pushState({ ours: true }, '', writeUrl(next))
    else history.replaceState(history.state, '', writeUrl(next))
    setState(next)
  }
  return [state, navigate]
}

/** Back to the list: by the browser's own way when that is where we came from. */
export function leaveCall(navigate: Navigate): void {
  if (history.state?.ours) history.back()
  else navigate({ call: undefined, message: undefined }, 'replace')
}
