// One message: who saw it, and its text. The text came from the network: it is only ever a text node.
import { useState } from 'preact/hooks'
import type { CallMessage, Endpoint } from '#contract'
import { microsOf, showClock, visible } from '../parts/format.ts'

interface Props {
  readonly message: CallMessage
  /** Index of its leg, or -1 when there is only one. */
  readonly leg: number
  readonly close: () => void
}

/** The pane beside the ladder, on a phone the sheet over it. */
export function MessageView({ message, leg, close }: Props) {
  return (
    <>
      <header>
        <h2>
          {leg >= 0 && <i class={`leg leg-${leg % 5}`} aria-hidden="true" />}
          {message.label}
        </h2>
        <Copy text={message.raw} />
        <button type="button" class="close" onClick={close} aria-label="Close message">
          ✕
        </button>
        <p class="path">
          {showEndpoint(message.src)} → {showEndpoint(message.dst)} {message.transport}
        </p>
        <ul class="taps">
          {message.taps.map((tap) => (
            <li key={`${tap.at} ${tap.captureId}`} title={`received ${tap.receivedAt}`}>
              <time dateTime={tap.at}>
                {showClock(tap.at)}.{microsOf(tap.at)}
              </time>{' '}
              captured by {tap.captureId}
              {tap.capturedBy && ` (${tap.capturedBy})`}
              {tap.clockClamped && <em> the agent's clock was absurd: our receive time</em>}
            </li>
          ))}
        </ul>
      </header>
      <pre class="raw">
        <Text raw={visible(message.raw)} />
      </pre>
    </>
  )
}

// The first line and the names of headers stand out; everything else is as it came.
function Text({ raw }: { raw: string }) {
  const end = raw.indexOf('\n\n')
  const [first = '', ...headers] = (end < 0 ? raw : raw.slice(0, end)).split('\n')
  // A log line, a report, or SIP too broken to have a first line: nothing in it to pick out.
  if (!/SIP\/2\.0/.test(first)) return <>{raw}</>
  return (
    <>
      <b>{first}</b>
      {headers.map((line, i) => {
        const colon = /^[\w-]+[ \t]*:/.exec(line)?.[0].length ?? 0
        return (
          <span key={i}>
            {'\n'}
            <span class="name">{line.slice(0, colon)}</span>
            {line.slice(colon)}
          </span>
        )
      })}
      {end < 0 ? '' : raw.slice(end)}
    </>
  )
}

function Copy({ text }: { text: string }) {
  const [done, setDone] = useState(false)
  // Only pages from this machine or over TLS may use the clipboard.
  if (!navigator.clipboard) return null
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" onClick={() => void copy().catch(() => setDone(false))}>
      {done ? 'Copied' : 'Copy'}
    </button>
  )
}

const showEndpoint = ({ ip, port }: Endpoint): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
