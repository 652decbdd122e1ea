// Nothing has arrived yet: the first thing a newcomer sees, so it says where to send HEP, and turns into
// the list when the first call is there.
import { useEffect } from 'preact/hooks'
import './send-here.css'
import type { Ledger } from '#contract'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'

// Of /api/v1/about, what is needed here.
interface About {
  readonly hep: readonly { readonly transport: string; readonly address: string }[]
}

const LOOK_AGAIN_MS = 1_000

/** What stands where calls would be while nothing is stored; `look` asks whether something is by now. */
export function SendHere({ look }: { look: () => void }) {
  useEffect(() => {
    const timer = setInterval(look, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [look])
  const about = useAnswer<About>(apiPath('about')).value
  const ledger = useAnswer<Ledger>(apiPath('ledger')).value
  const ends = (about?.hep ?? []).map(({ transport, address }) => ({
    transport,
    address: reachable(address),
  }))
  const udp = ends.find(({ transport }) => transport === 'udp')?.address
  return (
    <div class="empty">
      <h1>No calls yet</h1>
      {ends.length > 0 ? <p>Send HEP here:</p> : <p>This server takes no HEP itself.</p>}
      <dl class="ends">
        {ends.map(({ transport, address }) => (
          <div key={transport + address}>
            <dt>{transport.toUpperCase()}</dt>
            <dd>
              <code>{address}</code>
            </dd>
          </div>
        ))}
      </dl>
      {udp && (
        <>
          <p>Kamailio, for example:</p>
          <pre>
            {`modparam("siptrace", "hep_mode_on", 1)\nmodparam("siptrace", "hep_version", 3)\nmodparam("siptrace", "trace_mode", 1)\nmodparam("siptrace", "duplicate_uri", "sip:${udp}")`}
          </pre>
          <p>Or try it with calls that are made up:</p>
          <pre>{`calliope load --to ${udp}`}</pre>
        </>
      )}
      {/* The commonest first mistake: something arrives, but is not HEP or has the wrong key. */}
      {ledger && ledger.rejected.total > 0 && (
        <p class="error" role="status">
          <strong>{ledger.rejected.total} frames were refused.</strong> The reasons are in the line
          below, the frames in <a href="/api/v1/quarantine">quarantine</a>.
        </p>
      )}
      <p class="waiting">Waiting for the first call …</p>
    </div>
  )
}

/** An address that stands for every address of the server is reached by the name we came by. */
const reachable = (address: string): string =>
  address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, location.hostname)
