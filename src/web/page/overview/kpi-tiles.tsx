// The numbers of the range, and how they compare.
import type { KpiMinute } from '#contract'
import { showCount, showSpan } from '../parts/format.ts'

interface Props {
  readonly total: KpiMinute | null
  /** The same range earlier; undefined = not compared. */
  readonly before: KpiMinute | null | undefined
  readonly beforeLabel: string
  readonly seconds: number
}

interface Tile {
  readonly name: string
  /** What it is, for those who do not live with the word. */
  readonly about: string
  readonly valueOf: (row: KpiMinute, seconds: number) => number | null
  readonly show: (value: number) => string
  /** Whether more is better; undefined = neither. */
  readonly up?: 'good' | 'bad'
  /** Ratios differ in points, counts in percent. */
  readonly points?: true
}

const percent = (value: number) => `${value.toFixed(value >= 99.95 ? 0 : 1)} %`
const span = (ms: number) => showSpan(ms)

/** RFC 6076 calls the setup time to ringing session request delay (SRD); telephony post dial delay. */
const TILES: readonly Tile[] = [
  {
    ...{
      name: 'Calls per second',
      about: 'Initial INVITEs, each call once however many taps saw it',
    },
    valueOf: ({ attempts }, seconds) => attempts / seconds,
    show: (value) => (value >= 100 ? showCount(Math.round(value)) : value.toFixed(2)),
  },
  {
    ...{ name: 'ASR', about: 'Answer-seizure ratio: answered calls over all attempts' },
    ...{ valueOf: ({ asr }) => asr, show: percent, up: 'good', points: true },
  },
  {
    ...{
      name: 'NER',
      about: 'Network effectiveness (E.411): answered, busy, unanswered or given up',
    },
    ...{ valueOf: ({ ner }) => ner, show: percent, up: 'good', points: true },
  },
  {
    ...{
      name: 'SEER',
      about: 'Session establishment effectiveness (RFC 6076): 200, 480, 486, 600, 603',
    },
    ...{ valueOf: ({ seer }) => seer, show: percent, up: 'good', points: true },
  },
  {
    ...{
      name: 'PDD p50',
      about: 'Post dial delay (SRD in RFC 6076): INVITE to ringing or answer, median',
    },
    ...{ valueOf: ({ setupMsP50 }) => setupMsP50, show: span, up: 'bad' },
  },
  {
    ...{ name: 'PDD p95', about: 'Post dial delay: 19 of 20 calls ring or answer within this' },
    ...{ valueOf: ({ setupMsP95 }) => setupMsP95, show: span, up: 'bad' },
  },
  {
    ...{ name: 'Failed calls', about: 'Ended by a 3xx to 6xx other than 487' },
    ...{ valueOf: ({ failed }) => failed, show: showCount, up: 'bad' },
  },
  {
    ...{ name: 'Registered', about: 'Registrations answered with 200, over those that were tried' },
    valueOf: ({ registered, registrations }) =>
      registrations === 0 ? null : Math.min(100, (registered / registrations) * 100),
    ...{ show: percent, up: 'good', points: true },
  },
]

/** A row of numbers. */
export function KpiTiles({ total, before, beforeLabel, seconds }: Props) {
  return (
    <dl class="tiles">
      {TILES.map((tile) => {
        const value = total ? tile.valueOf(total, seconds) : null
        const was = before ? tile.valueOf(before, seconds) : null
        return (
          <div key={tile.name} class="tile" title={tile.about}>
            <dt>{tile.name}</dt>
            <dd>
              <b>{value === null ? '–' : tile.show(value)}</b>
              {before !== undefined && (
                <Delta tile={tile} value={value} was={was} label={beforeLabel} />
              )}
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

interface DeltaProps {
  readonly tile: Tile
  readonly value: number | null
  readonly was: number | null
  readonly label: string
}

function Delta({ tile, value, was, label }: DeltaProps) {
  if (value === null || was === null) return <small class="muted">{label}: nothing</small>
  const change = tile.points ? value - was : was === 0 ? null : ((value - was) / was) * 100
  const rounded = change === null ? null : Math.round(change * 10) / 10
  const isBetter = rounded && tile.up && rounded > 0 === (tile.up === 'good')
  const mood = !rounded || !tile.up ? 'muted' : isBetter ? 'better' : 'worse'
  const sign = rounded !== null && rounded > 0 ? '+' : ''
  return (
    <small class={mood}>
      {rounded === null ? '' : `${sign}${rounded} ${tile.points ? 'pt' : '%'} `}
      <span class="muted">
        {label.toLowerCase()} {tile.show(was)}
      </span>
    </small>
  )
}
