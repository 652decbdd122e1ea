// All nodes together, now.
import type { FleetNode, FleetNow } from '#contract'
import { showCount, spanOf } from '../parts/format.ts'

interface Props {
  readonly now: FleetNow
  readonly nodes: readonly FleetNode[]
}

interface Tile {
  readonly name: string
  readonly about: string
  readonly value: string
  readonly note: string
  readonly mood?: 'worse' | undefined
}

// Where an operator should look: the alarms of deploy/ ring at the same marks.
const SKEW_HIGH = 2
const HEADROOM_LOW = 0.1
const BEHIND_SECONDS = 10

/** A row of numbers, those that need somebody in red. */
export function FleetTiles(props: Props) {
  return (
    <dl class="tiles">
      {tilesOf(props).map(({ name, about, value, note, mood }) => (
        <div key={name} class="tile" title={about}>
          <dt>{name}</dt>
          <dd>
            <b class={mood}>{value}</b>
            <small class={mood ?? 'muted'}>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function tilesOf({ now, nodes }: Props): readonly Tile[] {
  const worse = (isSo: boolean) => (isSo ? ('worse' as const) : undefined)
  return [
    { name: 'Nodes', about: 'Starting, ready and draining', ...nodeCount(now, nodes) },
    {
      ...{ name: 'Packets per second', about: 'HEP frames received by all nodes together' },
      value: showCount(Math.round(now.packetsPerSecond)),
      note: now.nodes > 0 ? `${perNode(now)} a node` : '',
    },
    {
      ...{ name: 'Spool age', about: 'Age of the oldest packet that is not in the database yet' },
      value: spanOf(now.spoolAgeSeconds * 1000),
      note: now.spoolAgeSeconds > BEHIND_SECONDS ? 'behind' : 'of the slowest node',
      mood: worse(now.spoolAgeSeconds > BEHIND_SECONDS),
    },
    {
      ...{ name: 'Dropped', about: 'Good frames that could not be kept, within the last minute' },
      value: showCount(now.droppedLately),
      note: 'in the last minute',
      mood: worse(now.droppedLately > 0),
    },
    {
      ...{
        name: 'Skew',
        about: 'Busiest node over the mean: 1 is even; nodes of two flows are not',
      },
      value: now.skew === null ? '–' : now.skew.toFixed(2),
      note: skewNote(now.skew),
      mood: worse(now.skew !== null && now.skew > SKEW_HIGH),
    },
    {
      ...{ name: 'Headroom', about: 'What the fullest node could still take' },
      value: now.headroom === null ? '–' : `${Math.round(now.headroom * 100)} %`,
      note: now.headroom === null ? 'nodes do not say' : 'of the fullest node',
      mood: worse(now.headroom !== null && now.headroom < HEADROOM_LOW),
    },
  ]
}

function nodeCount(
  now: FleetNow,
  nodes: readonly FleetNode[],
): Pick<Tile, 'value' | 'note' | 'mood'> {
  const count = (state: FleetNode['state']) => nodes.filter((node) => node.state === state).length
  const others = (['starting', 'draining', 'lost'] as const)
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${state}`)
  const versions = new Set(nodes.filter(({ state }) => state === 'ready').map((n) => n.version))
  const mixed = versions.size > 1 ? [`${versions.size} versions`] : []
  const note = [`${count('ready')} ready`, ...others, ...mixed].join(', ')
  return { value: String(now.nodes), note, mood: count('ready') === 0 ? 'worse' : undefined }
}

const perNode = ({ packetsPerSecond, nodes }: FleetNow): string =>
  showCount(Math.round(packetsPerSecond / nodes))

function skewNote(skew: number | null): string {
  if (skew === null) return 'needs two busy nodes'
  return skew > SKEW_HIGH ? 'few flows: use calliope relay' : 'busiest over mean'
}
