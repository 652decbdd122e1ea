// A chart as SVG for reports: lines, steps and areas over time, and marks for what happened. One panel
// each, so that a page puts several below each other on the same time axis. No script; what a point or a
// mark means is told by <title>, which browsers show on hovering. Colours are the page's variables.
//
//   packets/s                             ── traffic ── capacity
//   300 k ┤        ▂▆████▆▃
//       0 ┼────────────────────▶ time     ╎ = something happened
export interface ChartSeries {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** `step` holds a value until the next; `area` is filled down to 0. @default 'line' */
  readonly shape?: 'line' | 'step' | 'area'
  /** Which of the page's colours, 0 to 5, or 'bad'. */
  readonly color: number | 'bad'
}

export interface Mark {
  readonly at: number
  readonly text: string
}

export interface ChartOptions {
  readonly title: string
  readonly series: readonly ChartSeries[]
  readonly xMax: number
  readonly xText: (x: number) => string
  readonly yText: (y: number) => string
  readonly marks?: readonly Mark[]
  /** Height of the plot. @default 110 */
  readonly height?: number
}

const WIDTH = 960
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 12, 26, 20]
const X_TICKS = 6
const MARKS_MAX = 400

export function drawChart(options: ChartOptions): string {
  const { title, series, xMax, xText, yText, marks = [], height = 110 } = options
  const most = niceAbove(Math.max(0, ...series.flatMap(({ points }) => points.map(([, y]) => y))))
  const x = (value: number) => round(LEFT + (value / (xMax || 1)) * (WIDTH - LEFT - RIGHT))
  const y = (value: number) => round(TOP + height - (Math.max(0, value) / most) * height)
  const grid = [0, 0.5, 1].map(
    (share) =>
      `<path class="grid" d="M${LEFT} ${y(most * share)}H${WIDTH - RIGHT}"/>` +
      `<text x="${LEFT - 6}" y="${y(most * share) + 4}" text-anchor="end">${escapeHtml(yText(most * share))}</text>`,
  )
  const ticks = Array.from({ length: X_TICKS + 1 }, (_, i) => (xMax * i) / X_TICKS).map(
    (at) =>
      `<text x="${x(at)}" y="${TOP + height + 15}" text-anchor="middle">${escapeHtml(xText(at))}</text>`,
  )
  const marked = marks
    .slice(0, MARKS_MAX)
    .map(
      ({ at, text }) =>
        `<path class="mark" d="M${x(at)} ${TOP}V${TOP + height}"><title>${escapeHtml(`${xText(at)}: ${text}`)}</title></path>`,
    )
  return [
    `<svg viewBox="0 0 ${WIDTH} ${TOP + height + BOTTOM}" role="img" aria-label="${escapeHtml(title)}">`,
    `<text class="name" x="${LEFT}" y="15">${escapeHtml(title)}</text>`,
    legend(series),
    ...grid,
    ...ticks,
    ...marked,
    ...series.map((each) => drawSeries(each, x, y)),
    '</svg>',
  ].join('')
}

function drawSeries(
  { name, points, shape = 'line', color }: ChartSeries,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const first = points[0]
  if (first === undefined) return ''
  const way = points.slice(1).map(([at, value]) => {
    return shape === 'step' ? `H${x(at)}V${y(value)}` : `L${x(at)} ${y(value)}`
  })
  const line = `M${x(first[0])} ${y(first[1])}${way.join('')}`
  const title = `<title>${escapeHtml(name)}</title>`
  const end = x(points.at(-1)![0])
  return shape === 'area'
    ? `<path class="area c${color}" d="${line}L${end} ${y(0)}L${x(first[0])} ${y(0)}Z">${title}</path>`
    : `<path class="line c${color}" d="${line}">${title}</path>`
}

/** Names with a swatch each, from the right. */
function legend(series: readonly ChartSeries[]): string {
  let right = WIDTH - RIGHT
  return [...series]
    .reverse()
    .map(({ name, color }) => {
      const text = `<text x="${right}" y="15" text-anchor="end">${escapeHtml(name)}</text>`
      const left = right - name.length * 6.2 - 16
      right = left - 10
      return `${text}<path class="line c${color}" d="M${round(left)} 11h11"/>`
    })
    .join('')
}

/** The next of 1, 2, 2.5, 5, 10 … at or above. */
export function niceAbove(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999)!
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const round = (value: number): number => Math.round(value * 10) / 10
