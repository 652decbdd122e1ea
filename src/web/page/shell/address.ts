// What the screen shows is in its address: it survives a reload, a bookmark and being sent to a
// colleague, and the browser's own back and forward work.
//
//   /                      search; ?q= &from= &to= &live=1
//   /call/CALLID           one call; ?message=5 &with=OTHER,CALLS
//   /overview /ingest /settings[/PART] /login /share/TOKEN
//   /?call=CALLID          as calls were addressed once; still written for a Call-ID that no path
//                          can hold ('.', '..' and the empty one)
import { useEffect, useState } from 'preact/hooks'
import { PAGE_PATH, type PageName } from './page-paths.ts'

/** Parameters of the address; none is ever there and empty. */
export type Query = Readonly<Record<string, string>>

/** Everything an address can say. A page gets this and nothing else. */
export interface Address {
  readonly page: PageName
  /** What follows the page's name: Call-ID, token, part of the settings; '' = nothing. */
  readonly id: string
  readonly query: Query
}

/** From `location`; what makes no sense is as if it were not there. */
export function readAddress({ pathname, search }: { pathname: string; search: string }): Address {
  const { call, ...query } = Object.fromEntries(
    [...new URLSearchParams(search)].filter(([name, value]) => value !== '' || name === 'call'),
  )
  if (call !== undefined) return { page: 'call', id: call, query }
  const [, page, id = ''] = PAGE_PATH.exec(pathname) ?? []
  return { page: (page as PageName) ?? 'search', id: decode(id), query }
}

/** The address of a page, for `href`. */
export function hrefOf(page: PageName, id = '', query: Change = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1])
  const unfit = page === 'call' && ['', '.', '..'].includes(id)
  const params = new URLSearchParams(unfit ? [['call', id], ...given] : given)
  const path =
    page === 'search' || unfit
      ? '/'
      : `/${page}${id && `/${encodeURIComponent(id.toWellFormed())}`}`
  return params.size > 0 ? `${path}?${params}` : path
}

/** What to set in the query; undefined and '' take it out. */
export type Change = Readonly<Record<string, string | undefined>>

const current = (): Address => readAddress(location)

/** Goes to another page; `back` comes from there to here. */
export function openPage(page: PageName, id = '', query: Change = {}): void {
  // An entry made here may be left by going back; one from outside may not.
  history.pushState({ ours: true }, '', hrefOf(page, id, query))
  tell()
}

/** Changes the query of the page we are at. `push` makes an entry to come back to. */
export function changeQuery(change: Change, how: 'push' | 'replace'): void {
  // From the address, not from a render: two changes in one tick must both count.
  const { page, id, query } = current()
  const href = hrefOf(page, id, { ...query, ...change })
  if (how === 'push') history.pushState({ ours: true }, '', href)
  else history.replaceState(history.state, '', href)
  tell()
}

/** Back to where we came from; who came from outside goes to `otherwise`. */
export function goBack(otherwise: PageName): void {
  if (history.state?.ours) history.back()
  else {
    history.replaceState(null, '', hrefOf(otherwise))
    tell()
  }
}

const listeners = new Set<() => void>()
const tell = () => {
  for (const listener of listeners) listener()
}

/** The address, and again whenever it changes. */
export function useAddress(): Address {
  const [address, setAddress] = useState(current)
  useEffect(() => {
    const follow = () => setAddress(current())
    listeners.add(follow)
    // Back and forward move the address without us.
    addEventListener('popstate', follow)
    // An answer may have led elsewhere before anybody listened: a first 401 leads to the login.
    follow()
    return () => {
      listeners.delete(follow)
      removeEventListener('popstate', follow)
    }
  }, [])
  return address
}

/** Lets ordinary links between pages stay in the page; everything else is the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (event.defaultPrevented || !link?.href || link.target || link.hasAttribute('download')) return
  const { origin, pathname, search } = new URL(link.href)
  if (origin !== location.origin || (pathname !== '/' && !PAGE_PATH.test(pathname))) return
  event.preventDefault()
  const { page, id, query } = readAddress({ pathname, search })
  openPage(page, id, query)
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
