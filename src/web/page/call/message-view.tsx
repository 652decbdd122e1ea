// One message: who saw it, its text, its session description in words, and what differs from another one.
import { useState } from 'preact/hooks'
import type { CallDetail, CallMessage, Endpoint, Tap } from '#contract'
import { CopyButton } from '../parts/copy-button.tsx'
import { microsOf, showClock, visible } from '../parts/format.ts'
import { changeQuery } from '../shell/address.ts'
import { DiffView } from './diff-view.tsx'
import { microsBetween, spanOf } from './ladder-rows.ts'
import { MessageText } from './message-text.tsx'
import { ReportView } from './report-view.tsx'
import { ScrolledText } from './scrolled-text.tsx'
import { sessionOf } from './session-notes.ts'
import { SessionView } from './session-view.tsx'

interface Props {
  readonly call: CallDetail
  readonly index: number
  /** Index of the message it is compared with. */
  readonly picked: number | undefined
  readonly choose: (message: number | undefined) => void
}

/** The pane beside the ladder, on a phone the sheet over it. */
export function MessageView({ call, index, picked, choose }: Props) {
  const [isRaw, setRaw] = useState(false)
  const message = call.messages[index]
  if (!message) return <p class="nothing">This call has no messages.</p>
  const other = picked === undefined || picked === index ? undefined : call.messages[picked]
  const leg = call.legs.findIndex(({ callId }) => callId === message.callId)
  return (
    <>
      <header>
        <h2>
          {call.legs.length > 1 && <i class={`leg leg-${leg % 5}`} aria-hidden="true" />}
          {message.label} <small>{message.cseq}</small>
        </h2>
        <DiffButton index={index} picked={picked} />
        <button type="button" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
          Raw
        </button>
        <CopyButton text={message.raw} />
        <button
          type="button"
          class="close"
          onClick={() => choose(undefined)}
          aria-label="Close message"
        >
          ✕
        </button>
        <p class="path">
          {showEndpoint(message.src)} → {showEndpoint(message.dst)} {message.transport}
        </p>
        <Taps message={message} />
      </header>
      {other ? (
        <>
          <p class="against">
            Compared with message {picked! + 1}, {other.label} from {showEndpoint(other.src)}
          </p>
          <DiffView left={other} right={message} />
        </>
      ) : (
        <div class="pane-body">
          {!isRaw && message.report && (
            <ReportView
              report={message.report}
              {...(message.linkedBy === undefined ? {} : { linkedBy: message.linkedBy })}
            />
          )}
          {!isRaw && sessionOf(message) && (
            <SessionView messages={call.messages} index={index} choose={choose} />
          )}
          {isRaw ? (
            <ScrolledText>{visible(message.raw)}</ScrolledText>
          ) : (
            <MessageText key={index} raw={message.raw} />
          )}
        </div>
      )}
    </>
  )
}

/** First press: this one is to be compared. Then any other message shows the difference. */
const DiffButton = ({ index, picked }: Pick<Props, 'index' | 'picked'>) => (
  <button
    type="button"
    aria-pressed={picked !== undefined}
    title="Compare this message with another one (d)"
    onClick={() => pick(index, picked)}
  >
    {picked === undefined ? 'Diff' : picked === index ? 'Choose another…' : 'End diff'}
  </button>
)

/** Picks a message for comparing, or ends that. */
export const pick = (index: number, picked: number | undefined): void =>
  changeQuery({ diff: picked === undefined ? String(index) : undefined }, 'replace')

const Taps = ({ message: { taps } }: { message: CallMessage }) => (
  <ul class="taps">
    {taps.map((tap, i) => (
      <li key={`${tap.at} ${tap.captureId}`} title={`received ${tap.receivedAt}`}>
        <time dateTime={tap.at}>
          {showClock(tap.at)}.{microsOf(tap.at)}
        </time>{' '}
        captured by {tap.captureId}
        {tap.capturedBy && ` (${tap.capturedBy})`}
        {i > 0 && <b> +{spanOf(microsBetween(taps[0]!.at, tap.at) / 1000)}</b>}
        <Clamped tap={tap} />
      </li>
    ))}
  </ul>
)

const Clamped = ({ tap }: { tap: Tap }) =>
  tap.clockClamped ? <em> the agent's clock was absurd: our receive time</em> : null

const showEndpoint = ({ ip, port }: Endpoint): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
