// What a share link shows: one call, and nothing that leads anywhere else.
import './share.css'
import { useMemo } from 'preact/hooks'
import type { SharedCall } from '#contract'
import { CallBody } from '../call/call-body.tsx'
import { readView } from '../call/view-state.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { showClock, showDay } from '../parts/format.ts'
import { apiPath, type Failure } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useAnswer } from '../shell/use-answer.ts'
import { useTitle } from '../shell/use-title.ts'

/** A shared call, or why it is not there any more. */
export function SharePage({ address: { id: token, query } }: PageProps) {
  const state = useMemo(() => readView(query), [JSON.stringify(query)])
  const path = token === '' ? undefined : apiPath(`shared/${encodeURIComponent(token)}`)
  const { value: shared, failure, loading } = useAnswer<SharedCall>(path)
  useTitle('Shared call')
  return (
    <article class="call shared" aria-busy={loading}>
      <p class="share-bar">
        <strong>Calliope</strong> <span>Shared call</span>
        {shared && <Terms shared={shared} />}
      </p>
      {failure && <Over failure={failure} />}
      {token === '' && <p class="nothing">The link is not whole: its token is missing.</p>}
      {shared && <CallBody call={shared.call} state={state} isShared={true} />}
    </article>
  )
}

function Terms({ shared: { expiresAt, redact } }: { shared: SharedCall }) {
  const hidden = [redact.numbers ? 'numbers hidden' : '', redact.bodies ? 'bodies taken out' : '']
  return (
    <span>
      {['', ...hidden.filter(Boolean), `until ${showDay(expiresAt)} ${showClock(expiresAt)}`]
        .join(' · ')
        .trim()}
    </span>
  )
}

const Over = ({ failure }: { failure: Failure }) =>
  failure.code === 'share_over' || failure.code === 'share_not_found' ? (
    <div class="empty-tab" role="alert">
      <h1>{failure.code === 'share_over' ? 'This link is over' : 'This link opens nothing'}</h1>
      <p>
        {failure.message} {failure.hint}
      </p>
    </div>
  ) : (
    <ErrorNote failure={failure} />
  )
