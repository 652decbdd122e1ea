// How many calls there were over the time range, by how they stand. Dragging over it zooms in; the
// words below narrow the search to one colour.
import { useEffect, useState } from 'preact/hooks'
import type { CallCounts, Outcome } from '#contract'
import { Chart, type Series } from '../parts/chart.tsx'
import { showCount } from '../parts/format.ts'
import { type Mood, moodOf, termOf } from '../parts/outcome.tsx'
import { changeQuery } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { type Asked, useAnswer } from '../shell/use-answer.ts'
import { openRange } from './range-picker.tsx'
import type { SearchUrl } from './search-url.ts'
import { apiRange, rangeOf } from './time-range.ts'

const BUCKETS = 90
const AGAIN_MS = 10_000

/** In the order in which they are stacked, the worst on top. */
const MOODS: readonly (readonly [Mood, color: string, label: string])[] = [
  ['good', '--good', 'went well'],
  ['open', '--open', 'under way'],
  ['mild', '--mild', 'not answered'],
  ['bad', '--bad', 'failed'],
  ['none', '--soft', 'unknown'],
]

/** The counts of a search; asked again while the range is open and somebody looks. */
export function useCounts({ q, from, to }: SearchUrl, refreshed: unknown): Asked<CallCounts> {
  const [tick, setTick] = useState(0)
  useEffect(() => {
    if (to !== '') return
    const timer = setInterval(() => document.hidden || setTick((n) => n + 1), AGAIN_MS)
    return () => clearInterval(timer)
  }, [to])
  const buckets = String(BUCKETS)
  const path = apiPath('histogram', { q, ...apiRange({ from, to }), buckets })
  return useAnswer<CallCounts>(path, `${tick} ${refreshed}`)
}

/** The chart, its legend, and what was left out of it. */
export function CallHistogram({ counts, url }: { counts: CallCounts | undefined; url: SearchUrl }) {
  if (!counts) return <div class="histogram" aria-hidden="true" />
  const { times, moods } = stacked(counts)
  const shown = MOODS.filter(([mood]) => (moods.get(mood)?.total ?? 0) > 0)
  // Each bar reaches from the ground to the top of its own part; those in front hide the rest.
  const series = shown
    .map(([mood, color, label]): Series => {
      const of = shown.slice(0, shown.findIndex(([other]) => other === mood) + 1)
      const values = times.map((_, i) =>
        of.reduce((sum, [other]) => sum + (moods.get(other)!.values[i] ?? 0), 0),
      )
      return { label, color, values, kind: 'bars' }
    })
    .reverse()
  const about = shown.map(([mood, , label]) => `${showCount(moods.get(mood)!.total)} ${label}`)
  return (
    <div class="histogram">
      <Chart
        label={`Calls over time: ${about.join(', ') || 'none'}`}
        times={times}
        series={series}
        heightPx={96}
        range={[Date.parse(counts.from) / 1000, Date.parse(counts.to) / 1000]}
        brush={(from, to) => openRange(rangeOf({ fromMs: from * 1000, toMs: to * 1000 }))}
        showY={(n) => (Number.isInteger(n) ? shortCount(n) : '')}
      />
      <p class="legend">
        {shown.map(([mood, , label]) => (
          <button
            key={mood}
            type="button"
            class={`quiet ${mood}`}
            title={`Only these: ${termOf(mood)}`}
            onClick={() => changeQuery({ q: `${url.q} ${termOf(mood)}`.trim() }, 'push')}
          >
            <i aria-hidden="true" />
            {counts.share < 1 && 'about '}
            {showCount(moods.get(mood)!.total)} {label}
          </button>
        ))}
        <LeftOut counts={counts} />
      </p>
    </div>
  )
}

// A part is never shown as the whole.
function LeftOut({ counts: { share, coveredFrom, from } }: { counts: CallCounts }) {
  if (share < 1)
    return <small>estimated from {(share * 100).toPrecision(2)} % of the time, spread evenly</small>
  if (coveredFrom > from)
    return (
      <small>
        counted from {new Date(coveredFrom).toLocaleString()} on: older messages were not read
      </small>
    )
  return null
}

interface MoodCounts {
  readonly values: readonly number[]
  readonly total: number
}

function stacked({ from, to, bucketMs, buckets }: CallCounts) {
  const first = Math.floor(Date.parse(from) / bucketMs)
  const count = Math.max(1, Math.ceil(Date.parse(to) / bucketMs) - first)
  const times = Array.from({ length: count }, (_, i) => ((first + i) * bucketMs) / 1000)
  const moods = new Map<Mood, MoodCounts>()
  for (const [mood] of MOODS) {
    const values = times.map(() => 0)
    for (const { at, counts } of buckets) {
      const place = Math.round(Date.parse(at) / bucketMs) - first
      for (const [outcome, n] of Object.entries(counts))
        if (moodOf(outcome as Outcome) === mood && place >= 0 && place < count) values[place]! += n
    }
    moods.set(mood, { values, total: values.reduce((sum, n) => sum + n, 0) })
  }
  return { times, moods }
}

const shortCount = (n: number): string =>
  n >= 1e6 ? `${n / 1e6}M` : n >= 1e3 ? `${n / 1e3}k` : String(n)
