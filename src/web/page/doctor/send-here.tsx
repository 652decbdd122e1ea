// Nothing has arrived yet: the first thing a newcomer sees, so it says where to send HEP, and turns into
// the list when the first call is there.
import { useEffect } from 'preact/hooks'
import './send-here.css'
import type { Ledger } from '#contract'
import { hrefOf } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { DemoButton } from './demo-button.tsx'
import { type About, type End, endsOf } from './ends.ts'

const LOOK_AGAIN_MS = 1_000

/** What stands where calls would be while nothing is stored; `look` asks whether something is by now. */
export function SendHere({ look }: { look: () => void }) {
  useEffect(() => {
    const timer = setInterval(look, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [look])
  const about = useAnswer<About>(apiPath('about')).value
  const ledger = useAnswer<Ledger>(apiPath('ledger')).value
  const ends = about ? endsOf(about, location.hostname) : []
  const udp = ends.map(addressOf).find((_, i) => ends[i]!.transport === 'udp')
  return (
    <div class="empty">
      <h1>No calls yet</h1>
      {ends.length > 0 ? <p>Send HEP here:</p> : <p>This server takes no HEP itself.</p>}
      <dl class="ends">
        {ends.map((end) => (
          <div key={end.transport}>
            <dt>{end.transport.toUpperCase()}</dt>
            <dd>
              <code>{addressOf(end)}</code>
            </dd>
          </div>
        ))}
      </dl>
      {ends.length > 0 && (
        <>
          <p>
            <a href={hrefOf('ingest', 'connect')}>Connect an agent</a>: what to write into Kamailio,
            OpenSIPS, FreeSWITCH, Asterisk, heplify and others.
          </p>
          {udp && (
            <>
              <p>Or try it with calls that are made up:</p>
              <pre>{`calliope load --to ${udp}`}</pre>
            </>
          )}
          <DemoButton />
        </>
      )}
      {/* The commonest first mistake: something arrives, but is not HEP or has the wrong key. */}
      {ledger && ledger.rejected.total > 0 && (
        <p class="error" role="status">
          <strong>{ledger.rejected.total} frames were refused.</strong> The reasons are in the line
          below, the frames in <a href={hrefOf('ingest', 'quarantine')}>quarantine</a>.
        </p>
      )}
      <p class="waiting">Waiting for the first call …</p>
    </div>
  )
}

const addressOf = ({ host, port }: End): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
