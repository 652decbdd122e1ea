// The screen. What it shows follows from the address (url-state), the API's answers (use-answer) and the
// live stream (use-live); nothing else is kept but which row is chosen.
//
//   ┌ SearchBar ────────────────────────┐
//   │ CallList    or   CallView         │
//   │                  ladder │ message │
//   └ LedgerLine ───────────────────────┘
import { useCallback, useState } from 'preact/hooks'
import type { CallRow } from '#contract'
import { CallList } from './call-list.tsx'
import { CallView } from './call-view.tsx'
import { LedgerLine } from './ledger-line.tsx'
import { focusSearch, SearchBar } from './search-bar.tsx'
import { type Navigate, type UrlState, useUrlState } from './url-state.ts'
import { useCalls } from './use-calls.ts'
import { useKeys } from './use-keys.ts'
import { useLive } from './use-live.ts'

/** Everything on the page. */
export function App() {
  const [url, navigate] = useUrlState()
  const [again, setAgain] = useState(0)
  const [callAgain, setCallAgain] = useState(0)
  const refresh = useCallback(() => setAgain((n) => n + 1), [])
  const list = useCalls(url.q, url.from, url.to, again)
  // The open call is asked for again when more of it was stored.
  const onCalls = (calls: readonly CallRow[]) => {
    list.add(calls)
    if (calls.some(({ callId }) => callId === url.call)) setCallAgain((n) => n + 1)
  }
  const live = useLive(url.live, url.q, onCalls, refresh)
  const [selected, select] = useListKeys(url, navigate, list.calls)
  return (
    <>
      <SearchBar url={url} navigate={navigate} list={list} live={live} refresh={refresh} />
      <main>
        {url.call === undefined ? (
          <CallList
            url={url}
            navigate={navigate}
            list={list}
            selected={selected}
            select={select}
            refresh={refresh}
          />
        ) : (
          <CallView
            key={url.call}
            url={url}
            callId={url.call}
            again={callAgain}
            navigate={navigate}
          />
        )}
      </main>
      <LedgerLine />
    </>
  )
}

// The chosen row is kept by Call-ID, so that it stays the same call while new ones come in above it.
function useListKeys(url: UrlState, navigate: Navigate, calls: readonly CallRow[]) {
  const [selected, select] = useState<string>()
  const at = calls.findIndex(({ callId }) => callId === selected)
  // Nothing chosen yet: the first key chooses the first row, whichever way it points.
  const move = (by: number) => {
    const to = Math.min(calls.length - 1, Math.max(0, at < 0 ? 0 : at + by))
    select(calls[to]?.callId)
  }
  useKeys(
    url.call !== undefined
      ? undefined
      : {
          j: () => move(1),
          k: () => move(-1),
          ArrowDown: () => move(1),
          ArrowUp: () => move(-1),
          Enter: () => {
            const call = calls[Math.max(0, at)]
            if (!call) return
            select(call.callId)
            navigate({ call: call.callId, message: undefined }, 'push')
          },
          '/': focusSearch,
        },
  )
  return [selected, select] as const
}
