// The capture nodes as a fleet: what they do together, each of them, how that went over time, and why
// their number changed.
import type { Fleet } from '#contract'
import '../parts/facts.css'
import './fleet.css'
import { ErrorNote } from '../parts/error-note.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { changeQuery } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useAnswer } from '../shell/use-answer.ts'
import { useTick } from '../shell/use-tick.ts'
import { useTitle } from '../shell/use-title.ts'
import { FleetCharts } from './fleet-charts.tsx'
import { FleetEvents } from './fleet-events.tsx'
import { FleetNodes } from './fleet-nodes.tsx'
import { FleetTiles } from './fleet-tiles.tsx'
import { FLEET_RANGES, type RangeName, readFleet } from './fleet-url.ts'

export function FleetPage({ address }: PageProps) {
  useTitle('Fleet')
  const { range, seconds, everyMs } = readFleet(address.query)
  const tick = useTick(everyMs)
  const { value, failure } = useAnswer<Fleet>(apiPath('fleet', { from: `-${seconds}s` }), tick)
  return (
    <div class="page fleet" aria-busy={value === undefined && !failure}>
      <header class="page-head">
        <h1>Fleet</h1>
        <Tabs<RangeName>
          label="Time range"
          tabs={FLEET_RANGES.map(([name, label]) => [name, label] as const)}
          chosen={range}
          choose={(name) => changeQuery({ range: name }, 'push')}
        />
      </header>
      {failure && <ErrorNote failure={failure} />}
      {value && <Picture fleet={value} seconds={seconds} />}
      {!value && !failure && <p class="muted">Asking …</p>}
    </div>
  )
}

function Picture({ fleet, seconds }: { fleet: Fleet; seconds: number }) {
  const { now, nodes, events, policy } = fleet
  if (nodes.length === 0 && events.length === 0) return <NobodyYet />
  return (
    <>
      <FleetTiles now={now} nodes={nodes} />
      <Policy policy={policy} />
      <FleetCharts fleet={fleet} seconds={seconds} />
      <section class="panel nodes">
        <h2>Nodes</h2>
        <FleetNodes nodes={nodes} nowMs={Date.now()} />
      </section>
      <FleetEvents events={events} />
    </>
  )
}

function Policy({ policy }: Pick<Fleet, 'policy'>) {
  if (policy === null)
    return (
      <p class="policy muted">
        Which policy scales these nodes this server was not told: start it with{' '}
        <code>--fleet-policy NAME</code>.
      </p>
    )
  const [whole = '', ...rules] = policy.sentence.split('\n')
  return (
    <details class="policy">
      <summary>{whole}</summary>
      <ul>
        {rules.map((rule) => (
          <li key={rule}>{rule}</li>
        ))}
      </ul>
    </details>
  )
}

const NobodyYet = () => (
  <div class="nothing-yet">
    <h2>No capture node has reported to this database</h2>
    <p class="muted">
      Start one with <code>calliope capture --database URL</code>, or look at{' '}
      <a href="/ingest/connect">Ingest</a>: how agents are connected.
    </p>
  </div>
)
