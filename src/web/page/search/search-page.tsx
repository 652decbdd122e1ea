// The search: words and a time range, how many there are over time, and the calls themselves.
//
//   ┌ QueryBox ──────── Saved ── RangePicker ── Live ┐
//   │ CallHistogram                                  │
//   │ ResultsBar   1,234 calls · 3 new · 2 selected  │
//   └ CallTable, or why there is nothing ────────────┘
import { useEffect, useState } from 'preact/hooks'
import './search.css'
import './results.css'
import { ErrorNote } from '../parts/error-note.tsx'
import { changeQuery, hrefOf } from '../shell/address.ts'
import type { Failure } from '../shell/fetch-json.ts'
import { useKeyHelp } from '../shell/key-help.tsx'
import { rememberSearch } from '../shell/last-search.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'
import { useShownColumns } from './call-columns.tsx'
import type { CallFeed } from './call-feed.ts'
import { CallHistogram, useCounts } from './call-histogram.tsx'
import { CallTable } from './call-table.tsx'
import { LayoutNotice, useCallsElsewhere } from './layout-notice.tsx'
import { LiveToggle } from './live-toggle.tsx'
import { NothingFound } from './nothing-found.tsx'
import { QueryBox } from './query-box.tsx'
import { RangePicker } from './range-picker.tsx'
import { ResultsBar } from './results-bar.tsx'
import { SavedMenu } from './saved-menu.tsx'
import { SEARCH_KEYS, useSearchKeys } from './search-keys.ts'
import { readSearch, type SearchUrl } from './search-url.ts'
import { type Feed, useFeed } from './use-feed.ts'

/** The first page. */
export function SearchPage({ address }: PageProps) {
  const url = readSearch(address.query)
  const { feed, live, refresh } = useFeed(url)
  const [again, setAgain] = useState(0)
  const columns = useShownColumns()
  const elsewhere = useCallsElsewhere()
  const about = aboutWhat(feed.failure)
  const counts = useCounts(url, again).value
  const renew = () => {
    refresh()
    setAgain((n) => n + 1)
  }
  const toTop = () => {
    feed.showFresh()
    document.querySelector('.table')?.scrollTo({ top: 0 })
  }
  useSearchKeys({ url, feed, refresh: renew, toTop })
  useKeyHelp('Search', SEARCH_KEYS)
  useTitle(url.q)
  useEffect(() => rememberSearch(hrefOf('search', '', address.query)), [address])
  return (
    <div class="search-page">
      {/* The page has no title anybody needs to see: the search is the title. */}
      <h1 class="sr">Search calls</h1>
      <Bar url={url} feed={feed} live={live} refresh={renew} />
      {elsewhere && <LayoutNotice about={elsewhere} />}
      {feed.rows.length > 0 && (
        <>
          <CallHistogram counts={counts} url={url} />
          <ResultsBar url={url} feed={feed} counts={counts} columns={columns} toTop={toTop} />
        </>
      )}
      <section class="list" aria-label="Calls" aria-busy={feed.loading}>
        {feed.failure && about === 'list' && <ErrorNote failure={feed.failure} />}
        {feed.rows.length > 0 && <CallTable feed={feed} columns={columns} />}
        {feed.rows.length === 0 && !elsewhere && <Nothing url={url} feed={feed} />}
      </section>
    </div>
  )
}

function Bar({ url, feed, live, refresh }: { url: SearchUrl } & Feed) {
  const about = aboutWhat(feed.failure)
  const search = (q: string) => {
    // The same search again means: look again.
    if (q === url.q) refresh()
    else changeQuery({ q }, 'push')
  }
  return (
    <search class="search-bar">
      <QueryBox q={url.q} failure={about === 'q' ? feed.failure : undefined} search={search} />
      <SavedMenu url={url} />
      <RangePicker range={url} failure={about === 'range' ? feed.failure : undefined} />
      <button type="button" class="quiet" title="Look again (r)" onClick={refresh}>
        <span aria-hidden="true">↻</span>
        <span class="sr">Refresh</span>
      </button>
      <LiveToggle url={url} live={live} />
    </search>
  )
}

// Still looking, or nothing there: what that means depends on what was asked.
function Nothing({ url, feed }: { url: SearchUrl; feed: CallFeed }) {
  if (feed.failure) return null
  if (feed.searching) return <p class="list-end">Nothing so far; searching further back …</p>
  if (!feed.answered || feed.loading) return <p class="list-end">Searching …</p>
  if (feed.hasMore)
    return (
      <p class="list-end">
        Nothing so far.{' '}
        <button type="button" onClick={() => void feed.more()}>
          Search further back
        </button>
      </p>
    )
  return <NothingFound url={url} feed={feed} />
}

/** Where a failure belongs: at the search, at the time range, or at the list. */
const aboutWhat = (failure: Failure | undefined): 'q' | 'range' | 'list' | undefined => {
  if (!failure) return undefined
  if (failure.code === 'bad_query' || /^q /.test(failure.message)) return 'q'
  return /^(from|to) /.test(failure.message) ? 'range' : 'list'
}
