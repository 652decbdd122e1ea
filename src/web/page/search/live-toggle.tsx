// Follow what comes in: new calls go to the top of the list by themselves while it is looked at from
// there. Without it they are counted and wait.
import { changeQuery } from '../shell/address.ts'
import type { SearchUrl } from './search-url.ts'
import type { LiveState } from './use-live.ts'

/** The button, and what passed by. */
export function LiveToggle({ url, live }: { url: SearchUrl; live: LiveState }) {
  const state = url.live ? live.kind : 'off'
  const title = {
    off: 'Follow calls as they are stored (l)',
    connecting: 'Connecting …',
    on: 'Calls appear as they are stored (l)',
  }[state]
  return (
    <span class="live">
      <button
        type="button"
        class={`toggle ${state}`}
        aria-pressed={url.live}
        title={title}
        onClick={() => toggleLive(url)}
      >
        <i aria-hidden="true" />
        Live
      </button>
      {state === 'on' && live.kind === 'on' && live.skipped > 0 && (
        <small title="Calls came faster than they could be shown; ↻ shows them all">
          {live.skipped} passed by
        </small>
      )}
    </span>
  )
}

/** On follows now: a range that is over has nothing to follow. */
export const toggleLive = ({ live, to, from }: SearchUrl): void =>
  changeQuery(
    live ? { live: '' } : { live: '1', to: '', from: to === '' ? from : '-15m' },
    'replace',
  )
