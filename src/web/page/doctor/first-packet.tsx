// Waits for the first packet of an agent that is being set up, and says what came: a source that is
// new or sends again, or frames that were refused.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Ledger, Source } from '#contract'
import { showCount } from '../parts/format.ts'
import { hrefOf } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'

const EVERY_MS = 1_000
const DEMO_NODE = 'calliope-demo'

interface Props {
  /** Changes when another agent is waited for: what was there by then does not count. */
  readonly waitFor: string
  readonly captureId: number
}

export function FirstPacket({ waitFor, captureId }: Props) {
  const [tick, setTick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setTick((n) => n + 1), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  const sources = useAnswer<{ sources: readonly Source[] }>(apiPath('sources'), tick).value?.sources
  const ledger = useAnswer<Ledger>(apiPath('ledger'), tick).value
  const before = useBaseline(waitFor, sources, ledger)
  const seen = sources
    ?.filter(({ packets, ...source }) => packets > (before?.packets.get(keyOf(source)) ?? 0))
    // The demo is not what anybody waits for here.
    .filter(({ capturedBy }) => capturedBy !== DEMO_NODE)
    .toSorted((a, b) => Number(b.captureId === captureId) - Number(a.captureId === captureId))[0]
  const refused = (ledger?.rejected.total ?? 0) - (before?.rejected ?? 0)
  if (before !== undefined && seen) return <Seen source={seen} />
  return (
    <div class="first-packet" role="status" aria-live="polite">
      <span class="pulse" aria-hidden="true" />
      <div>
        <b>Waiting for the first packet …</b>
        {refused > 0 ? (
          <p class="worse">
            {showCount(refused)} frames came and were refused.{' '}
            <a href={hrefOf('ingest', 'quarantine')}>See why</a>
          </p>
        ) : (
          <p class="muted">Apply the configuration and make a call; this turns green by itself.</p>
        )}
      </div>
    </div>
  )
}

function Seen({ source }: { source: Source }) {
  const { peer, transport, hepVersion, captureId, capturedBy, packets } = source
  return (
    <div class="first-packet seen" role="status" aria-live="polite">
      <span class="tick" aria-hidden="true">
        ✓
      </span>
      <div>
        <b>
          Seen: {peer} over {transport.toUpperCase()}, HEP v{hepVersion}
        </b>
        <p class="muted">
          {capturedBy ? `${capturedBy}, ` : ''}capture id {captureId}, {showCount(packets)} packets
          so far.{' '}
          <a href={hrefOf('search', '', { q: `capture:${captureId}`, from: '-15m' })}>Its calls</a>
        </p>
      </div>
    </div>
  )
}

interface Baseline {
  readonly waitFor: string
  readonly packets: ReadonlyMap<string, number>
  readonly rejected: number
}

// What was there when waiting began; both answers are needed for that.
function useBaseline(
  waitFor: string,
  sources: readonly Source[] | undefined,
  ledger: Ledger | undefined,
): Baseline | undefined {
  const baseline = useRef<Baseline>(undefined)
  if (baseline.current?.waitFor !== waitFor && sources && ledger)
    baseline.current = {
      waitFor,
      packets: new Map(sources.map((source) => [keyOf(source), source.packets])),
      rejected: ledger.rejected.total,
    }
  return baseline.current?.waitFor === waitFor ? baseline.current : undefined
}

const keyOf = (source: Omit<Source, 'packets'>): string => {
  const { node, peer, transport, captureId, capturedBy, hepVersion } = source
  return [node, peer, transport, captureId, capturedBy, hepVersion].join(' ')
}
