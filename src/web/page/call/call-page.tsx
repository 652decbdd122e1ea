// One call: what became of it and why. Which call and how it is looked at stands in the address.
import { useMemo } from 'preact/hooks'
import { ErrorNote } from '../parts/error-note.tsx'
import { type Address, goBack } from '../shell/address.ts'
import { apiPath, callPath, type Failure } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'
import { CallBody } from './call-body.tsx'
import { useGrowingCall } from './use-growing-call.ts'
import { readView } from './view-state.ts'

/** One call; keyed by Call-ID, so that nothing of the last one stays. */
export const CallPage = ({ address }: PageProps) => <CallView key={address.id} address={address} />

function CallView({ address: { id: callId, query } }: { address: Address }) {
  const state = useMemo(() => readView(query), [JSON.stringify(query)])
  // Legs taken out come along all the same: putting one back must not wait for the server.
  const path = apiPath(callPath(callId), { with: state.with.join(',') })
  const { value: call, failure, loading } = useGrowingCall(path, state)
  useTitle(call ? `${call.summary.from} → ${call.summary.to}` : '')
  return (
    <article class="call" aria-busy={loading}>
      <nav class="crumbs" aria-label="Where you are">
        <button type="button" onClick={() => goBack('search')}>
          ← All calls
        </button>
        <code class="callid" title={callId}>
          {callId}
        </code>
      </nav>
      {failure && <NoCall failure={failure} />}
      {!call && !failure && <p class="nothing">Reading the call…</p>}
      {call && <CallBody call={call} state={state} isShared={false} />}
    </article>
  )
}

/** A Call-ID that is not known is most often one that was cut, or is too fresh or too old. */
function NoCall({ failure }: { failure: Failure }) {
  if (failure.code !== 'call_not_found') return <ErrorNote failure={failure} />
  return (
    <div class="empty-tab">
      <h1>This Call-ID is not known</h1>
      <p>Nothing is stored under it. Check:</p>
      <ul>
        <li>
          is it whole? It is compared whole, upper and lower case included, with what is behind the
          @;
        </li>
        <li>
          is it new? A message is found a second or two after it arrived; this page looks again by
          itself;
        </li>
        <li>is it old? Calls go when their retention is over (Settings);</li>
        <li>was it captured? The ingest page says which agents send, and what was refused.</li>
      </ul>
      <p>
        <a href="/">Search for a number</a> or look at <a href="/ingest">what arrives</a>.
      </p>
    </div>
  )
}
