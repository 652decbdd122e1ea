// Between the chart and the list: how many there are, what is new, what is selected, which columns.
import { useState } from 'preact/hooks'
import type { CallCounts } from '#contract'
import { showCount } from '../parts/format.ts'
import { hrefOf } from '../shell/address.ts'
import type { useShownColumns } from './call-columns.tsx'
import type { CallFeed } from './call-feed.ts'
import { ColumnChooser } from './column-chooser.tsx'
import type { SearchUrl } from './search-url.ts'
import { showRange, type TimeRange } from './time-range.ts'

/** Calls that fit into one ladder; the API takes no more. */
export const MERGED_MAX = 17

interface Props {
  readonly url: SearchUrl
  readonly feed: CallFeed
  readonly counts: CallCounts | undefined
  readonly columns: ReturnType<typeof useShownColumns>
  /** Back to the top, where new ones are. */
  readonly toTop: () => void
}

/** The bar. */
export function ResultsBar({ url, feed, counts, columns, toTop }: Props) {
  const [choosing, setChoosing] = useState(false)
  const fresh = feed.fresh.length
  return (
    <div class="results-bar">
      <p class="found" role="status">
        {counts && <b>{`${counts.share < 1 ? 'about ' : ''}${showCount(counts.total)} calls`}</b>}
        <span class="muted"> {inSentence(url)}</span>
      </p>
      {fresh > 0 && (
        <button type="button" class="fresh primary" onClick={toTop}>
          ↑ {showCount(fresh)} new {fresh === 1 ? 'call' : 'calls'}
        </button>
      )}
      {feed.marked.size > 0 && <Selected feed={feed} />}
      <button type="button" class="quiet choose-columns" onClick={() => setChoosing(true)}>
        Columns
      </button>
      {choosing && <ColumnChooser columns={columns} close={() => setChoosing(false)} />}
    </div>
  )
}

function Selected({ feed }: { feed: CallFeed }) {
  const href = ladderHref(feed.marked)
  return (
    <span class="selected">
      {feed.marked.size} selected
      {href ? (
        <a class="button" href={href}>
          One ladder
        </a>
      ) : (
        <small class="muted">
          {feed.marked.size === 1 ? 'select another for one ladder' : `${MERGED_MAX} at most`}
        </small>
      )}
      <button type="button" class="quiet" onClick={() => feed.mark([])}>
        Clear
      </button>
    </span>
  )
}

// 'last 24 hours', but '20 Nov 08:00:00 – now'.
const inSentence = (range: TimeRange): string =>
  showRange(range).replace(/^[AL](?=[a-z])/, (first) => first.toLowerCase())

/** Where the selected calls are one ladder; undefined when they are too few or too many. */
export function ladderHref(marked: ReadonlySet<string>): string | undefined {
  const [first, ...others] = marked
  if (first === undefined || others.length === 0 || others.length >= MERGED_MAX) return undefined
  return hrefOf('call', first, { with: others.join(',') })
}
