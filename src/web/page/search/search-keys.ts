// The search by keyboard.
import { openPage } from '../shell/address.ts'
import type { KeyRow } from '../shell/key-help.tsx'
import { useKeys } from '../shell/use-keys.ts'
import type { CallFeed } from './call-feed.ts'
import { toggleLive } from './live-toggle.tsx'
import { focusSearch } from './query-box.tsx'
import { openRange } from './range-picker.tsx'
import { ladderHref } from './results-bar.tsx'
import type { SearchUrl } from './search-url.ts'
import { shifted, zoomedOut } from './time-range.ts'

/** For the '?' help. */
export const SEARCH_KEYS: readonly KeyRow[] = [
  ['j k', 'Next call, previous call'],
  ['Enter', 'Open the call'],
  ['x', 'Select the call'],
  ['m', 'Selected calls as one ladder'],
  ['Esc', 'Select none'],
  ['[ ]', 'Earlier, later'],
  ['z', 'Zoom out'],
  ['t', 'To the top, with what is new'],
  ['l', 'Live on or off'],
  ['r', 'Look again'],
]

interface Options {
  readonly url: SearchUrl
  readonly feed: CallFeed
  readonly refresh: () => void
  readonly toTop: () => void
}

/** Listens while the page is there. */
export function useSearchKeys({ url, feed, refresh, toTop }: Options): void {
  // By Call-ID, so that it stays the same call while new ones come in above it.
  const at = () => feed.rows.findIndex(({ callId }) => callId === feed.chosen)
  // Nothing chosen yet: the first key chooses the first row, whichever way it points.
  const move = (by: number) => {
    const from = at()
    const to = Math.min(feed.rows.length - 1, Math.max(0, from < 0 ? 0 : from + by))
    feed.choose(feed.rows[to]?.callId)
  }
  const chosen = () => feed.rows[Math.max(0, at())]?.callId
  useKeys({
    '/': focusSearch,
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      const callId = chosen()
      if (callId === undefined) return
      feed.choose(callId)
      openPage('call', callId)
    },
    x: () => {
      const callId = chosen()
      if (callId === undefined) return
      const marked = new Set(feed.marked)
      if (!marked.delete(callId)) marked.add(callId)
      feed.choose(callId)
      feed.mark(marked)
    },
    m: () => {
      const [first, ...others] = feed.marked
      if (first !== undefined && ladderHref(feed.marked))
        openPage('call', first, { with: others.join(',') })
    },
    Escape: () => feed.mark([]),
    '[': () => openRange(shifted(url, -1)),
    ']': () => openRange(shifted(url, 1)),
    z: () => openRange(zoomedOut(url)),
    t: toTop,
    l: () => toggleLive(url),
    r: refresh,
  })
}
