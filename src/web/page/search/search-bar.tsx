// The search: words, time range, live. What is typed goes into the address when it is sent.
import type { TargetedEvent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ErrorNote, QueryMark } from '../parts/error-note.tsx'
import { changeQuery } from '../shell/address.ts'
import type { Failure } from '../shell/fetch-json.ts'
import type { SearchUrl } from './search-url.ts'
import type { CallList } from './use-calls.ts'
import type { LiveState } from './use-live.ts'

const RANGES = [
  ['', 'All time'],
  ['-15m', 'Last 15 minutes'],
  ['-1h', 'Last hour'],
  ['-6h', 'Last 6 hours'],
  ['-24h', 'Last 24 hours'],
  ['-7d', 'Last 7 days'],
] as const

interface Props {
  readonly url: SearchUrl
  readonly list: CallList
  readonly live: LiveState
  readonly refresh: () => void
}

/** The head of the page. */
export function SearchBar({ url, list, live, refresh }: Props) {
  const [q, setQ] = useState(url.q)
  // Back, forward and links change what was searched for; what is typed meanwhile gives way.
  useEffect(() => setQ(url.q), [url.q])
  const search = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault()
    // The hands are on the keyboard: j and k are for the results now.
    event.currentTarget.querySelector<HTMLInputElement>('#q')?.blur()
    // The same search again means: look again.
    if (q === url.q) refresh()
    else changeQuery({ q }, 'push')
  }
  const about = placeOf(list.failure)
  return (
    <header class="bar">
      <form aria-label="Search" onSubmit={search}>
        <input
          id="q"
          type="search"
          value={q}
          onInput={(event) => setQ(event.currentTarget.value)}
          placeholder="Search: from:+4989*  status:4xx  callid:…"
          aria-label="Search calls"
          aria-invalid={about === 'q'}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
        <Range url={url} wrong={about === 'range' ? (list.failure?.message ?? '') : ''} />
        <button type="submit" class="primary">
          Search
        </button>
        <LiveToggle url={url} live={live} />
      </form>
      {about === 'q' && list.failure && (
        <div class="beneath">
          <QueryMark q={url.q} failure={list.failure} />
          <ErrorNote failure={list.failure} />
        </div>
      )}
      {about === 'range' && list.failure && (
        <div class="beneath">
          <ErrorNote failure={list.failure} />
        </div>
      )}
    </header>
  )
}

/** Puts the cursor into the search, ready to type over what is there. */
export function focusSearch(): void {
  const input = document.querySelector<HTMLInputElement>('#q')
  input?.focus()
  input?.select()
}

/** Where a failure belongs: at the search, at the time range, or at the list. */
export const placeOf = (failure: Failure | undefined): 'q' | 'range' | 'list' | undefined => {
  if (!failure) return undefined
  if (failure.code === 'bad_query' || /^q /.test(failure.message)) return 'q'
  return /^(from|to) /.test(failure.message) ? 'range' : 'list'
}

interface RangeProps {
  readonly url: SearchUrl
  /** What the server said about the range; it begins with the name of the bound. */
  readonly wrong: string
}

// A range that is not in the list, from a shared address say, shows its two bounds.
function Range({ url, wrong }: RangeProps) {
  const isPreset = url.to === '' && RANGES.some(([from]) => from === url.from)
  const [custom, setCustom] = useState(!isPreset)
  // A range takes effect when it is chosen; words wait for Enter.
  const choose = (value: string) => {
    setCustom(value === 'custom')
    if (value !== 'custom') changeQuery({ from: value, to: '' }, 'push')
  }
  const field = (name: 'from' | 'to', hint: string) => (
    <input
      class="time"
      value={url[name]}
      onChange={(event) => changeQuery({ [name]: event.currentTarget.value.trim() }, 'push')}
      placeholder={hint}
      aria-label={name === 'from' ? 'From' : 'Until'}
      aria-invalid={wrong.startsWith(`${name} `)}
    />
  )
  return (
    <span class="range">
      <select
        aria-label="Time range"
        value={custom || !isPreset ? 'custom' : url.from}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {RANGES.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
        <option value="custom">From … until …</option>
      </select>
      {(custom || !isPreset) && (
        <>
          {field('from', '-2h or 2026-11-20T08:00:00Z')}
          {field('to', 'now')}
        </>
      )}
    </span>
  )
}

interface LiveProps {
  readonly url: SearchUrl
  readonly live: LiveState
}

function LiveToggle({ url, live }: LiveProps) {
  const title = {
    off: 'Show calls as they are stored',
    connecting: 'Connecting …',
    on: 'Calls appear as they are stored',
  }[live.kind]
  return (
    <span class="live">
      <button
        type="button"
        class={`toggle ${live.kind}`}
        aria-pressed={url.live}
        title={title}
        onClick={() => changeQuery({ live: url.live ? '' : '1' }, 'replace')}
      >
        <i aria-hidden="true" />
        Live
      </button>
      {live.kind === 'on' && live.skipped > 0 && (
        <small title="Calls came faster than they could be shown; Search shows them all">
          {live.skipped} passed by
        </small>
      )}
    </span>
  )
}
