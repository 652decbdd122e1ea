// A list of calls for a component: drawn again when it changes, kept up to date by the live stream.
import { useCallback, useEffect, useState } from 'preact/hooks'
import { type CallFeed, feedFor } from './call-feed.ts'
import type { SearchUrl } from './search-url.ts'
import { type LiveState, useLive } from './use-live.ts'

/** The list, how its stream is, and how to begin anew. */
export interface Feed {
  readonly feed: CallFeed
  readonly live: LiveState
  readonly refresh: () => void
}

/** The calls the address asks for. */
export function useFeed({ q, from, to, live }: SearchUrl): Feed {
  const query = { q, from, to }
  const feed = feedFor(query)
  const [, redraw] = useState(0)
  useEffect(() => feed.subscribe(() => redraw((n) => n + 1)), [feed])
  const visible = useVisible()
  // A range that is over gets nothing new; a mistake in the query would be one here too.
  const isOpen = !feed.isClosed && visible && feed.failure?.code !== 'bad_query'
  const state = useLive(
    isOpen,
    q,
    (calls) => feed.add(calls, live && feed.topPx < 8),
    () => void feed.catchUp(),
  )
  const refresh = useCallback(() => {
    feedFor(query, true)
    redraw((n) => n + 1)
  }, [feed.key])
  return { feed, live: state, refresh }
}

// A browser allows few connections to one server: tabs in the background must not keep theirs.
function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden)
  useEffect(() => {
    const follow = () => setVisible(!document.hidden)
    document.addEventListener('visibilitychange', follow)
    return () => document.removeEventListener('visibilitychange', follow)
  }, [])
  return visible
}
