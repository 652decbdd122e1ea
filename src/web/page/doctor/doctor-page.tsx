// The ingest doctor: who sends and what is wrong with it, what was refused, the nodes, and how to
// connect what does not send yet.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { IngestState, Ledger, NodeRow, Source } from '#contract'
import '../parts/facts.css'
import './doctor.css'
import { ErrorNote } from '../parts/error-note.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { openPage } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useAnswer } from '../shell/use-answer.ts'
import { useTitle } from '../shell/use-title.ts'
import { ConnectAgent } from './connect-agent.tsx'
import { DemoButton } from './demo-button.tsx'
import { LedgerBalance } from './ledger-balance.tsx'
import { NodeList } from './node-list.tsx'
import { QuarantineList } from './quarantine-list.tsx'
import { SourceList } from './source-list.tsx'

const EVERY_MS = 3_000

const VIEWS = [
  ['sources', 'Sources'],
  ['quarantine', 'Quarantine'],
  ['nodes', 'Nodes'],
  ['connect', 'Connect an agent'],
] as const
type View = (typeof VIEWS)[number][0]

export function DoctorPage({ address }: PageProps) {
  useTitle('Ingest')
  const [tick, setTick] = useState(0)
  const refresh = useCallback(() => setTick((n) => n + 1), [])
  useEffect(() => {
    const timer = setInterval(() => document.hidden || refresh(), EVERY_MS)
    return () => clearInterval(timer)
  }, [refresh])
  const sources = useAnswer<{ sources: readonly Source[] }>(apiPath('sources'), tick)
  const ledger = useAnswer<Ledger>(apiPath('ledger'), tick)
  const isEmpty = sources.value?.sources.length === 0
  const wasEmpty = useWasEmpty(ledger.value)
  // Nobody has sent yet: then connecting somebody is what this page is for, also once they have.
  const named = VIEWS.find(([name]) => name === address.id)?.[0]
  const view = named ?? (isEmpty || wasEmpty ? 'connect' : 'sources')
  return (
    <div class="page doctor">
      <h1>Ingest</h1>
      {ledger.value && <LedgerBalance ledger={ledger.value} />}
      <Tabs<View>
        label="Ingest"
        tabs={VIEWS}
        chosen={view}
        choose={(name) => openPage('ingest', name)}
      />
      {sources.failure && <ErrorNote failure={sources.failure} />}
      <div class="view">
        {view === 'sources' && (isEmpty ? <NobodyYet /> : <Sources {...sources} />)}
        {view === 'quarantine' && (
          <QuarantineList chosen={address.query.frame} again={tick} changed={refresh} />
        )}
        {view === 'nodes' && <Nodes again={tick} chosen={address.query.node} />}
        {view === 'connect' && (
          <>
            {wasEmpty && (
              <div class="lead">
                {ledger.value?.received === 0 &&
                  'Nothing has arrived yet. Connect an agent below, or look around first: '}
                <DemoButton />
              </div>
            )}
            <Connect address={address} again={tick} />
          </>
        )}
      </div>
    </div>
  )
}

/** Whether nothing had arrived when the page was opened: what was offered then stays in sight. */
function useWasEmpty(ledger: Ledger | undefined): boolean {
  const first = useRef<boolean>(undefined)
  if (first.current === undefined && ledger) first.current = ledger.received === 0
  return first.current ?? false
}

function Sources({ value }: { value: { readonly sources: readonly Source[] } | undefined }) {
  if (!value) return <p class="muted">Asking …</p>
  return <SourceList sources={value.sources} nowMs={Date.now()} />
}

const NobodyYet = () => (
  <div class="nothing-yet">
    <h2>Nobody has sent anything yet</h2>
    <p>
      <button type="button" class="primary" onClick={() => openPage('ingest', 'connect')}>
        Connect an agent
      </button>
    </p>
  </div>
)

function Nodes({ again, chosen }: { again: number; chosen: string | undefined }) {
  const { value, failure } = useAnswer<{ nodes: readonly NodeRow[] }>(apiPath('nodes'), again)
  if (failure) return <ErrorNote failure={failure} />
  return value ? <NodeList nodes={value.nodes} chosen={chosen} nowMs={Date.now()} /> : null
}

// A server without sockets of its own has no such state; the page says so in its own words.
function Connect({ address, again }: PageProps & { again: number }) {
  const ingest = useAnswer<IngestState>(apiPath('ingest'), again).value
  return <ConnectAgent query={address.query} ingest={ingest} />
}
