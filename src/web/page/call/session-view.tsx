// A session description explained: what it is in the exchange, what it means, and each stream in words.
import type { CallMessage } from '#contract'
import { type Fact, FactList } from '../parts/fact-list.tsx'
import type { Codec, Stream } from './session.ts'
import { explainSession } from './session-notes.ts'

interface Props {
  readonly messages: readonly CallMessage[]
  readonly index: number
  readonly choose: (message: number) => void
}

/** Nothing for a message without a description. */
export function SessionView({ messages, index, choose }: Props) {
  const explained = explainSession(messages, index)
  if (!explained) return null
  const { session, role, offer, before, notes } = explained
  return (
    <div class="session">
      <p class="session-role">
        <b>SDP {role}</b>
        {offer !== undefined && <Jump to={offer} words="to this offer" choose={choose} />}
        {before !== undefined && <Jump to={before} words="the one before" choose={choose} />}
      </p>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note} class={/hold|refused|not /.test(note) ? 'warn' : ''}>
              {note}
            </li>
          ))}
        </ul>
      )}
      {session.streams.map((stream, i) => (
        <StreamView key={i} stream={stream} />
      ))}
      {session.streams.length === 0 && <p class="nothing">It describes no media.</p>}
      <p class="origin">
        from {session.origin}, version {session.version}
        {session.name !== '' && session.name !== '-' && `, “${session.name}”`}
      </p>
    </div>
  )
}

interface JumpProps {
  readonly to: number
  readonly words: string
  readonly choose: (message: number) => void
}

const Jump = ({ to, words, choose }: JumpProps) => (
  <button type="button" class="link" onClick={() => choose(to)}>
    {words}
  </button>
)

function StreamView({ stream }: { stream: Stream }) {
  const { type, ip, port, protocol, direction, codecs } = stream
  const facts: readonly Fact[] = [
    ['Transport', protocol],
    ['Packets of', stream.ptimeMs ? `${stream.ptimeMs} ms` : ''],
    ['Bandwidth', stream.bandwidth],
    ['RTCP', stream.rtcp],
    ['Encryption', securityOf(stream)],
    ['ICE', iceOf(stream)],
  ]
  return (
    <section class="stream">
      <h3>
        {type}{' '}
        <code>{port === 0 ? 'refused' : `${ip.includes(':') ? `[${ip}]` : ip}:${port}`}</code>
        <span class={`direction ${direction}`}>{direction}</span>
      </h3>
      <ul class="codecs">
        {codecs.map((codec) => (
          <CodecChip key={codec.id} codec={codec} />
        ))}
      </ul>
      <FactList facts={facts.filter(([, value]) => value !== '')} />
    </section>
  )
}

const CodecChip = ({ codec: { id, name, parameters } }: { codec: Codec }) => (
  <li title={parameters}>
    {name} {name !== id && <small>{id}</small>}
  </li>
)

function securityOf({ protocol, suites, fingerprint, setup }: Stream): string {
  if (fingerprint !== '') return `DTLS-SRTP${setup && `, ${setup}`}, ${fingerprint.slice(0, 31)}…`
  if (suites.length > 0) return `SDES, ${suites.join(', ')}`
  return /SAVP/.test(protocol) ? 'SAVP without keys: the other side cannot decrypt' : ''
}

const iceOf = ({ iceUfrag, candidates }: Stream): string =>
  iceUfrag === '' && candidates === 0
    ? ''
    : `${candidates} ${candidates === 1 ? 'candidate' : 'candidates'}${iceUfrag && `, ufrag ${iceUfrag}`}`
