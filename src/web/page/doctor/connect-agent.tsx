// How to connect an agent: its configuration for the address chosen, what to check on the way, and
// waiting for the first packet.
import { useState } from 'preact/hooks'
import type { IngestState } from '#contract'
import { CopyButton } from '../parts/copy-button.tsx'
import { Sideways } from '../parts/sideways.tsx'
import { changeQuery, type Query } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { AGENTS, type AgentTransport } from './agent-configs.ts'
import { type About, type End, endsOf } from './ends.ts'
import { FirstPacket } from './first-packet.tsx'
import { WhatToCheck } from './what-to-check.tsx'

const CAPTURE_ID = 2001

interface Props {
  readonly query: Query
  readonly ingest: IngestState | undefined
}

export function ConnectAgent({ query, ingest }: Props) {
  const about = useAnswer<About>(apiPath('about')).value
  const [captureId, setCaptureId] = useState(CAPTURE_ID)
  const [host, setHost] = useState<string>()
  if (!about) return null
  const agent = AGENTS.find(({ id }) => id === query.agent) ?? AGENTS[0]!
  const ends = endsOf(about, location.hostname)
  const usable = ends.filter(({ transport }) => agent.transports.some((can) => can === transport))
  const end = usable.find(({ transport }) => transport === query.by) ?? usable[0]
  if (ends.length === 0)
    return <p class="muted">This server takes no HEP itself: connect agents to a capture node.</p>
  return (
    <div class="connect">
      <AgentChoice chosen={agent.id} />
      <section class="panel">
        <Target
          {...{ end, usable, host, setHost, captureId }}
          setCaptureId={(id) => setCaptureId(id || CAPTURE_ID)}
        />
        {end ? (
          <Config agent={agent} end={{ ...end, host: host || end.host }} captureId={captureId} />
        ) : (
          <p class="error">
            {agent.name} sends by {agent.transports.join(' or ').toUpperCase()}, and no such socket
            is open here.
          </p>
        )}
      </section>
      <FirstPacket waitFor={`${agent.id} ${end?.transport}`} captureId={captureId} />
      <WhatToCheck ends={ends} ingest={ingest} />
    </div>
  )
}

const AgentChoice = ({ chosen }: { chosen: string }) => (
  <nav class="agents" aria-label="Agents">
    {AGENTS.map(({ id, name }) => (
      <button
        key={id}
        type="button"
        aria-pressed={id === chosen}
        onClick={() => changeQuery({ agent: id }, 'replace')}
      >
        {name}
      </button>
    ))}
  </nav>
)

interface TargetProps {
  readonly end: End | undefined
  readonly usable: readonly End[]
  readonly host: string | undefined
  readonly setHost: (host: string) => void
  readonly captureId: number
  readonly setCaptureId: (id: number) => void
}

/** Where the agent sends, by what, and under which number. */
const Target = ({ end, usable, host, setHost, captureId, setCaptureId }: TargetProps) => (
  <form class="target" onSubmit={(event) => event.preventDefault()}>
    <label>
      Send to
      <input
        value={host ?? end?.host ?? ''}
        onInput={({ currentTarget }) => setHost(currentTarget.value.trim())}
        spellcheck={false}
      />
    </label>
    <label>
      By
      <select
        value={end?.transport}
        onChange={({ currentTarget }) => changeQuery({ by: currentTarget.value }, 'replace')}
      >
        {usable.map(({ transport, port }) => (
          <option key={transport} value={transport}>
            {transport.toUpperCase()} {port}
          </option>
        ))}
      </select>
    </label>
    <label>
      Capture id
      <input
        type="number"
        min={1}
        max={4_294_967_295}
        value={captureId}
        onInput={({ currentTarget }) => setCaptureId(Number(currentTarget.value))}
      />
    </label>
  </form>
)

interface ConfigProps {
  readonly agent: (typeof AGENTS)[number]
  readonly end: End
  readonly captureId: number
}

function Config({ agent, end, captureId }: ConfigProps) {
  const { host, port } = end
  const transport = end.transport as AgentTransport
  const text = agent.text({ host, port, transport, captureId, key: '' })
  return (
    <>
      <div class="config-head">
        <code>{agent.file}</code>
        <CopyButton text={text} label="Copy" />
      </div>
      <Sideways label="Configuration">
        <pre class="config" data-agent={agent.id}>
          {text}
        </pre>
      </Sideways>
      <p class="muted">{agent.note}</p>
      {end.isLocal && host === end.host && (
        <p class="storm">
          {host} is this machine alone. For agents elsewhere start Calliope with{' '}
          <code>
            --hep-{transport} 0.0.0.0:{port}
          </code>
          , and write its address above.
        </p>
      )}
    </>
  )
}
