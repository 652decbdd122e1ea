// The steps with the most failures, and registration storms: the curves' high points as links, for
// those who do not see curves or do not use a mouse.
import { showClock, showCount, showDay } from '../parts/format.ts'
import { type Grid, stormsOf } from './kpi-series.ts'
import { searchHref } from './overview-url.ts'

const SHOWN = 5

export function BusySteps({ grid }: { grid: Grid }) {
  const { times, rows, stepSeconds } = grid
  const worst = rows
    .flatMap((row, i) => (row && row.failed > 0 ? { row, time: times[i]! } : []))
    .sort((a, b) => b.row.failed - a.row.failed)
    .slice(0, SHOWN)
  const storms = stormsOf(grid)
  return (
    <section class="panel">
      <h2>When it was worst</h2>
      {storms.map(({ fromSeconds, toSeconds, perMinute, usualPerMinute }) => (
        <p key={fromSeconds} class="storm">
          <a href={searchHref('method:REGISTER', fromSeconds, toSeconds)}>
            Registration storm at {clockOf(fromSeconds)}
          </a>
          : {showCount(perMinute)} a minute, usually {showCount(usualPerMinute)}. Phones lost their
          server or their network and came back at once.
        </p>
      ))}
      {worst.length === 0 && storms.length === 0 && <p class="muted">No call failed.</p>}
      <ol class="bars">
        {worst.map(({ row, time }) => (
          <li key={time}>
            <a href={searchHref('method:INVITE status:>=300', time, time + stepSeconds)}>
              <span class="name">{clockOf(time)}</span>
              <span class="value">
                {showCount(row.failed)} of {showCount(row.attempts)} failed
              </span>
            </a>
          </li>
        ))}
      </ol>
    </section>
  )
}

function clockOf(seconds: number): string {
  const at = new Date(seconds * 1000).toISOString()
  return `${showDay(at)} ${showClock(at).slice(0, 5)}`.trim()
}
