// The search: words and a time range above, what they found below.
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { CallRow } from '#contract'
import './search.css'
import './list.css'
import { hrefOf, openPage } from '../shell/address.ts'
import { rememberSearch } from '../shell/last-search.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useKeys } from '../shell/use-keys.ts'
import { CallList } from './call-list.tsx'
import { focusSearch, SearchBar } from './search-bar.tsx'
import { readSearch } from './search-url.ts'
import { useCalls } from './use-calls.ts'
import { useLive } from './use-live.ts'

/** The first page. */
export function SearchPage({ address }: PageProps) {
  const url = readSearch(address.query)
  const [again, setAgain] = useState(0)
  const refresh = useCallback(() => setAgain((n) => n + 1), [])
  const list = useCalls(url.q, url.from, url.to, again)
  const live = useLive(url.live, url.q, list.add, refresh)
  const [selected, select] = useListKeys(list.calls)
  useEffect(() => rememberSearch(hrefOf('search', '', address.query)), [address])
  return (
    <>
      <SearchBar url={url} list={list} live={live} refresh={refresh} />
      <CallList url={url} list={list} selected={selected} select={select} refresh={refresh} />
    </>
  )
}

// The chosen row is kept by Call-ID, so that it stays the same call while new ones come in above it.
function useListKeys(calls: readonly CallRow[]) {
  const [selected, select] = useState<string>()
  const at = calls.findIndex(({ callId }) => callId === selected)
  // Nothing chosen yet: the first key chooses the first row, whichever way it points.
  const move = (by: number) => {
    const to = Math.min(calls.length - 1, Math.max(0, at < 0 ? 0 : at + by))
    select(calls[to]?.callId)
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      const call = calls[Math.max(0, at)]
      if (!call) return
      select(call.callId)
      openPage('call', call.callId)
    },
    '/': focusSearch,
  })
  return [selected, select] as const
}
