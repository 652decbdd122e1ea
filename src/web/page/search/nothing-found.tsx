// A search that found nothing: says what it asked for, when the newest call there is began, and offers
// the way to it. Where nothing is stored at all it says how to send something.
import { useCallback } from 'preact/hooks'
import type { CallPage } from '#contract'
import '../doctor/send-here.css'
import { SendHere } from '../doctor/send-here.tsx'
import { showClock, showDay } from '../parts/format.ts'
import { changeQuery } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import type { CallFeed } from './call-feed.ts'
import { openRange } from './range-picker.tsx'
import type { SearchUrl } from './search-url.ts'
import { ALL, rangeOf, showRange } from './time-range.ts'

const HALF_HOUR_MS = 1_800_000

/** What stands where calls would be. */
export function NothingFound({ url, feed }: { url: SearchUrl; feed: CallFeed }) {
  const { value, loading } = useAnswer<CallPage>(apiPath('calls', { limit: '1' }), feed)
  const look = useCallback(() => void feed.catchUp(), [feed])
  if (!value) return <p class="list-end">{loading ? 'Searching …' : ''}</p>
  const [newest] = value.calls
  if (!newest) return url.q === '' && !feed.isClosed ? <SendHere look={look} /> : <NoneAtAll />
  const newestMs = Date.parse(newest.startedAt)
  return (
    <div class="empty">
      <h1>{url.q === '' ? 'No calls' : 'No call matches'}</h1>
      <p>
        {url.q !== '' && (
          <>
            Searched for <code>{url.q}</code>:{' '}
          </>
        )}
        {showRange(url)}. The newest call that is stored began{' '}
        {`${showDay(newest.startedAt)} ${showClock(newest.startedAt)}`.trim()}.
      </p>
      <p class="ways">
        <button
          type="button"
          class="primary"
          onClick={() =>
            openRange(rangeOf({ fromMs: newestMs - HALF_HOUR_MS, toMs: newestMs + HALF_HOUR_MS }))
          }
        >
          Around the newest call
        </button>
        {url.from !== ALL && (
          <button type="button" onClick={() => openRange({ from: ALL, to: '' })}>
            All time
          </button>
        )}
        {url.q !== '' && (
          <button type="button" onClick={() => changeQuery({ q: '' }, 'push')}>
            Without the words
          </button>
        )}
      </p>
    </div>
  )
}

const NoneAtAll = () => (
  <div class="empty">
    <h1>Nothing is stored</h1>
    <p>
      No call at all, whatever is searched for. <a href="/ingest">Ingest</a> says what arrives.
    </p>
  </div>
)
