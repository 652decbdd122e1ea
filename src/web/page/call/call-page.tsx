// One call: what became of it, its legs, the ladder, and the message that is chosen.
import './call.css'
import type { CallDetail, CallMessage } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { showClock, showDay, showSpan } from '../parts/format.ts'
import { Outcome } from '../parts/outcome.tsx'
import { type Address, changeQuery, goBack, hrefOf } from '../shell/address.ts'
import { apiPath, callPath } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useAnswer } from '../shell/use-answer.ts'
import { useKeys } from '../shell/use-keys.ts'
import { useTitle } from '../shell/use-title.ts'
import { LadderView } from './ladder-view.tsx'
import { MessageView } from './message-view.tsx'

/** One call; keyed by Call-ID, so that nothing of the last one stays. */
export const CallPage = ({ address }: PageProps) => <CallView key={address.id} address={address} />

function CallView({ address: { id: callId, query } }: { address: Address }) {
  // What is no index is as if it were not there.
  const message = /^\d{1,6}$/.test(query.message ?? '') ? Number(query.message) : undefined
  const { value: call, failure, loading } = useAnswer<CallDetail>(apiPath(callPath(callId)))
  const last = (call?.messages.length ?? 0) - 1
  // The first message is shown beside the ladder until one is chosen; on a phone none is.
  const chosen = Math.min(message ?? 0, Math.max(0, last))
  const choose = (index: number | undefined) =>
    changeQuery({ message: index?.toString() }, 'replace')
  useCallKeys(last, chosen, choose)
  useTitle(call ? `${call.summary.from} → ${call.summary.to}` : '')
  return (
    <article class="call" aria-busy={loading}>
      <nav class="crumbs">
        <button type="button" onClick={() => goBack('search')}>
          ← All calls
        </button>
        <code class="callid" title={callId}>
          {callId}
        </code>
      </nav>
      {failure && <ErrorNote failure={failure} />}
      {call && (
        <>
          <Head call={call} />
          <div class="split" data-chosen={message !== undefined}>
            <LadderView
              call={call}
              chosen={chosen}
              follow={message !== undefined}
              choose={choose}
            />
            <Pane call={call} message={call.messages[chosen]} close={() => choose(undefined)} />
          </div>
        </>
      )}
    </article>
  )
}

// j and k go through the messages here, as they go through the calls in the list.
function useCallKeys(last: number, chosen: number, choose: (message: number) => void) {
  const move = (by: number) => {
    if (last >= 0) choose(Math.min(last, Math.max(0, chosen + by)))
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: () => goBack('search'),
  })
}

function Head({ call }: { call: CallDetail }) {
  const { summary, verdict, legs } = call
  // What is empty is left out: a REGISTER has no talk time, and that says nothing.
  const facts = [
    ['From', summary.from],
    ['To', summary.to],
    [
      'Started',
      `${showDay(summary.startedAt)} ${showClock(summary.startedAt)}`.trim(),
      summary.startedAt,
    ],
    ['Setup', showSpan(summary.setupMs)],
    ['Talk', showSpan(summary.durationMs)],
    ['Messages', String(call.messages.length)],
    ['User agent', summary.userAgent],
  ] as const
  const path = `/api/v1/${callPath(call.callId)}`
  return (
    <header class="head">
      <p class="verdict">
        <Outcome call={summary} /> {verdict.replace(`${summary.outcome}: `, '')}
      </p>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value, title]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd title={title ?? value}>{value}</dd>
            </div>
          ))}
      </dl>
      {legs.length > 1 && <Legs call={call} />}
      <p class="exports">
        <a href={`${path}/pcap`} download>
          PCAP
        </a>
        <a href={`${path}/text`} download>
          Text
        </a>
      </p>
    </header>
  )
}

// Colours repeat after five legs; the bars beside the arrows have the same ones.
function Legs({ call }: { call: CallDetail }) {
  return (
    <ol class="legs" aria-label="Legs of this call">
      {call.legs.map(({ callId, from, to, reasons, score }, i) => (
        <li key={callId} class={`leg-${i % 5}`}>
          <a href={hrefOf('call', callId)} title={callId}>
            {from} → {to}
          </a>
          {reasons.length > 0 && (
            <small title={`likeness ${score}`}>joined by {reasons.join(', ')}</small>
          )}
        </li>
      ))}
    </ol>
  )
}

interface PaneProps {
  readonly call: CallDetail
  readonly message: CallMessage | undefined
  readonly close: () => void
}

const Pane = ({ call, message, close }: PaneProps) => (
  <aside class="pane" aria-label="Message">
    {message ? (
      <MessageView
        message={message}
        leg={
          call.legs.length > 1 ? call.legs.findIndex(({ callId }) => callId === message.callId) : -1
        }
        close={close}
      />
    ) : (
      <p class="nothing">This call has no messages.</p>
    )}
  </aside>
)
