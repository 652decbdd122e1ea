// Each node: a table where there is room, a card each on a phone.
import type { FleetNode } from '#contract'
import { showBytes, showCount, spanOf } from '../parts/format.ts'
import { Sideways } from '../parts/sideways.tsx'
import { useNarrow } from '../parts/use-narrow.ts'
import { hrefOf } from '../shell/address.ts'

interface Props {
  readonly nodes: readonly FleetNode[]
  readonly nowMs: number
}

const STATE: Record<FleetNode['state'], readonly [word: string, mood: string]> = {
  starting: ['starting', 'open'],
  ready: ['ready', 'good'],
  draining: ['draining', 'mild'],
  stopped: ['gone', ''],
  lost: ['lost', 'bad'],
}

/** What a column says of a node. */
interface Fact {
  readonly name: string
  readonly about?: string
  readonly show: (node: FleetNode, props: Props) => string
  readonly isBad?: (node: FleetNode) => boolean
}

const BEHIND_SECONDS = 10
const unknown = '–'

const FACTS: readonly Fact[] = [
  {
    name: 'CPU',
    about: 'Cores in use: 100 % is one of them all of the time',
    show: ({ cpuCores }) => (cpuCores === null ? unknown : `${Math.round(cpuCores * 100)} %`),
  },
  {
    name: 'Memory',
    show: ({ memoryBytes }) => (memoryBytes === null ? unknown : showBytes(memoryBytes)),
  },
  {
    name: 'Spool age',
    about: 'Age of its oldest packet that is not in the database yet',
    show: (node) => (hasEnded(node) ? unknown : spanOf(node.spoolAgeSeconds * 1000)),
    isBad: (node) => !hasEnded(node) && node.spoolAgeSeconds > BEHIND_SECONDS,
  },
  {
    name: 'Dropped',
    about: 'Good frames that it could not keep, since its spool was made',
    show: ({ dropped }) => showCount(dropped),
    isBad: ({ droppedLately }) => droppedLately > 0,
  },
  {
    name: 'Headroom',
    about: 'The part of what it could take that is free',
    show: ({ headroom }) => (headroom === null ? unknown : `${Math.round(headroom * 100)} %`),
    isBad: ({ headroom }) => headroom !== null && headroom < 0.1,
  },
  { name: 'Received', show: ({ received }) => showCount(received) },
  {
    name: 'Up',
    about: 'Since it was started',
    show: (node, { nowMs }) =>
      hasEnded(node)
        ? `${spanOf(nowMs - Date.parse(node.heartbeatAt))} ago`
        : spanOf(nowMs - Date.parse(node.startedAt)),
  },
]

/** Those alive first, as the answer has them. */
export function FleetNodes(props: Props) {
  const narrow = useNarrow()
  const most = Math.max(1, ...props.nodes.map(({ packetsPerSecond }) => packetsPerSecond))
  return narrow ? <Cards {...props} most={most} /> : <Table {...props} most={most} />
}

function Table({ most, ...props }: Props & { most: number }) {
  return (
    <Sideways label="Nodes">
      <table class="fact-table">
        <thead>
          <tr>
            <th>Node</th>
            <th>State</th>
            <th>Version</th>
            <th class="right">Packets per second</th>
            {FACTS.map(({ name, about }) => (
              <th key={name} class="right" title={about}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.nodes.map((node) => (
            <tr key={node.node} data-node={node.node} class={hasEnded(node) ? 'ended' : ''}>
              <td>
                <NodeLink node={node.node} />
              </td>
              <td>
                <State state={node.state} />
              </td>
              <td>{node.version}</td>
              <td class="right rate">
                <Rate node={node} most={most} />
              </td>
              {FACTS.map(({ name, show, isBad }) => (
                <td key={name} class={`right ${isBad?.(node) ? 'worse' : ''}`}>
                  {show(node, props)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  )
}

function Cards({ most, ...props }: Props & { most: number }) {
  return (
    <ul class="node-cards">
      {props.nodes.map((node) => (
        <li key={node.node} data-node={node.node} class={hasEnded(node) ? 'ended' : ''}>
          <header>
            <NodeLink node={node.node} />
            <State state={node.state} />
            <small class="muted">{node.version}</small>
          </header>
          <Rate node={node} most={most} />
          <dl>
            {FACTS.map(({ name, about, show, isBad }) => (
              <div key={name} title={about}>
                <dt>{name}</dt>
                <dd class={isBad?.(node) ? 'worse' : ''}>{show(node, props)}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  )
}

/** To its line in the ingest doctor. */
const NodeLink = ({ node }: { node: string }) => (
  <a href={hrefOf('ingest', 'nodes', { node })} title="Show it in the ingest doctor">
    {node}
  </a>
)

function State({ state }: Pick<FleetNode, 'state'>) {
  const [word, mood] = STATE[state]
  return <span class={`badge ${mood}`}>{word}</span>
}

// Bars beside each other show an uneven fleet sooner than numbers do.
function Rate({ node, most }: { node: FleetNode; most: number }) {
  const { packetsPerSecond } = node
  if (hasEnded(node)) return <span class="rate-bar">{unknown}</span>
  return (
    <span class="rate-bar">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect width={(packetsPerSecond / most) * 100} height="6" rx="1" />
      </svg>
      <span>{showCount(Math.round(packetsPerSecond))} /s</span>
    </span>
  )
}

const hasEnded = ({ state }: FleetNode): boolean => state === 'stopped' || state === 'lost'
