// Who did what.
import { useState } from 'preact/hooks'
import type { AuditEntry } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { type Column, Rows } from './rows.tsx'
import { When } from './when.tsx'

interface Page {
  readonly entries: readonly AuditEntry[]
  readonly nextBefore: string | null
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  ['When', ({ at }) => <When at={at} otherwise="" />],
  ['Who', ({ who, kind }) => <span title={kind}>{who}</span>],
  ['From', ({ peer }) => <code>{peer}</code>],
  ['What', ({ action }) => <b>{action}</b>],
  ['Of', ({ object }) => <span class="object">{object}</span>],
  ['Detail', ({ detail }) => <code class="muted object">{detailOf(detail)}</code>],
]

/** Newest first, a page at a time. */
export function AuditPart() {
  const [who, setWho] = useState('')
  const [before, setBefore] = useState('')
  const { value, failure } = useAnswer<Page>(apiPath('audit', { who, before }))
  return (
    <>
      <form class="settings-form" onSubmit={(event) => event.preventDefault()}>
        <div class="field">
          <label for="audit-who">Only by</label>
          <input
            id="audit-who"
            value={who}
            placeholder="everybody"
            onChange={(event) => {
              setWho(event.currentTarget.value.trim())
              setBefore('')
            }}
          />
        </div>
      </form>
      {failure && <ErrorNote failure={failure} />}
      <Rows
        rows={value?.entries}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty="Nothing is written down yet."
      />
      <p class="pager">
        {before !== '' && (
          <button type="button" onClick={() => setBefore('')}>
            Newest
          </button>
        )}
        {value?.nextBefore && (
          <button type="button" onClick={() => setBefore(value.nextBefore!)}>
            Older
          </button>
        )}
      </p>
    </>
  )
}

const detailOf = (detail: AuditEntry['detail']): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
