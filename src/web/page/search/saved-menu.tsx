// Searches saved under a name: one's own and those others share.
import { useRef, useState } from 'preact/hooks'
import type { SavedSearch } from '#contract'
import { useWho } from '../login/use-session.ts'
import { toast } from '../parts/toasts.tsx'
import { hrefOf } from '../shell/address.ts'
import { apiPath, sendJson } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { useCloseOutside } from './range-picker.tsx'
import type { SearchUrl } from './search-url.ts'
import { showRange } from './time-range.ts'

/** The button and its menu. */
export function SavedMenu({ url }: { url: SearchUrl }) {
  const [open, setOpen] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  useCloseOutside(place, open, () => setOpen(false))
  return (
    <div class="saved" ref={place}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        Saved
      </button>
      {open && <Menu url={url} close={() => setOpen(false)} />}
    </div>
  )
}

function Menu({ url, close }: { url: SearchUrl; close: () => void }) {
  const [again, setAgain] = useState(0)
  const path = apiPath('searches')
  const { value, failure, loading } = useAnswer<{ searches: readonly SavedSearch[] }>(path, again)
  const who = useWho()
  const searches = value?.searches ?? []
  const forget = async ({ id, name }: SavedSearch) => {
    const answer = await sendJson('DELETE', `${path}/${id}`)
    if (answer.kind === 'failure') toast(answer.failure.message, 'failed')
    else toast(`Forgot “${name}”`)
    setAgain((n) => n + 1)
  }
  return (
    <div class="popover saved-menu" role="dialog" aria-label="Saved searches">
      <SaveForm url={url} saved={() => setAgain((n) => n + 1)} />
      {failure && <p class="error">{failure.message}</p>}
      {searches.length === 0 && !loading && !failure && (
        <p class="muted">No search is saved yet. Saved ones also keep their time range.</p>
      )}
      <ul>
        {searches.map((search) => (
          <li key={search.id}>
            <a
              href={hrefOf('search', '', { q: search.q, from: search.from, to: search.to })}
              onClick={close}
            >
              <b>{search.name}</b>
              <small>
                <code>{search.q || 'everything'}</code> · {showRange(search)}
                {search.shared && ` · shared by ${search.owner}`}
              </small>
            </a>
            {(who?.role === 'admin' || who?.name === search.owner) && (
              <button
                type="button"
                class="quiet"
                aria-label={`Forget ${search.name}`}
                onClick={() => void forget(search)}
              >
                ✕
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

function SaveForm({ url, saved }: { url: SearchUrl; saved: () => void }) {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const save = async () => {
    const { q, from, to } = url
    const answer = await sendJson('POST', apiPath('searches'), { name, q, from, to, shared })
    if (answer.kind === 'failure') return toast(answer.failure.message, 'failed')
    setName('')
    toast(`Saved “${name}”`)
    saved()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <p class="muted">
        Save <code>{url.q || 'everything'}</code>, {showRange(url).toLowerCase()}, as
      </p>
      <div class="save-line">
        <input
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          aria-label="Name"
          placeholder="Name"
          maxLength={100}
          required
        />
        <button type="submit" class="primary">
          Save
        </button>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        for everybody
      </label>
    </form>
  )
}
