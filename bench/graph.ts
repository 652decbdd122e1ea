// A graph as SVG, drawn here so that the page needs nothing to show it: panels under each other with one
// axis below, events as marked lines through all of them. Colours suit dark and light: the picture has a
// ground of its own and asks the reader's system which.
//
//   rate      ▁▃▇▇▇▇╎▂▇▇▇▇▇╎▇▇▇      each panel has its own scale, from 0
//   resident  ▁▂▃▃▃▃╎▃▃▃▃▃▃╎▃▃▃
//             0    restart   roll-over      minutes
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Panel {
  readonly title: string
  readonly series: readonly Series[]
  /** How its values are written at the axis. */
  readonly text: (value: number) => string
}

export interface GraphOptions {
  readonly title: string
  readonly panels: readonly Panel[]
  readonly xTitle: string
  readonly xText: (value: number) => string
  readonly events?: readonly { readonly at: number; readonly name: string }[]
  /** Values grow by factors: 1 M, 10 M, 50 M. @default false */
  readonly isLogarithmic?: boolean
  /** Marks each point, where there are few. @default false */
  readonly withDots?: boolean
}

const [WIDTH, LEFT, RIGHT, TOP, BOTTOM] = [960, 90, 24, 62, 46]
const [PANEL, GAP] = [110, 34]
const EVENT_ROWS = 18
const TICKS = 6
const STYLE = `
  :root { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d8dee4; --event: #bc4c00;
    --s0: #0969da; --s1: #1a7f37; --s2: #8250df; --s3: #bf3989 }
  @media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --ink: #e6edf3; --faint: #9198a1; --grid: #30363d;
    --event: #f0883e; --s0: #58a6ff; --s1: #3fb950; --s2: #bc8cff; --s3: #ff7bac } }
  text { font: 12px system-ui, sans-serif; fill: var(--faint) } .title { font-size: 15px; font-weight: 600; fill: var(--ink) }
  .name { font-weight: 600; fill: var(--ink) } .grid { stroke: var(--grid) } .event { stroke: var(--event); stroke-dasharray: 4 3 }
  .eventname { fill: var(--event) } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round }`

export function drawGraph(options: GraphOptions): string {
  const { title, panels, events = [], xTitle } = options
  const top = TOP + (events.length > 0 ? EVENT_ROWS : 0)
  const height = top + panels.length * (PANEL + GAP) + BOTTOM - GAP + 8
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)))
  const place = xScale([Math.min(...xs), Math.max(...xs)], options.isLogarithmic ?? false)
  const bottom = height - BOTTOM
  const body = [
    `<text class="title" x="${LEFT}" y="24">${escaped(title)}</text>`,
    ...events.map((event, i) => drawEvent(place(event.at), event.name, bottom, i)),
    ...panels.map((panel, i) => drawPanel(panel, top + i * (PANEL + GAP), place, options)),
    ...xTicks(xs, options).map(
      (x) =>
        `<text x="${place(x)}" y="${bottom + 16}" text-anchor="middle">${options.xText(x)}</text>`,
    ),
    `<text x="${(WIDTH + LEFT - RIGHT) / 2}" y="${height - 8}" text-anchor="middle">${escaped(xTitle)}</text>`,
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<rect width="100%" height="100%" fill="var(--ground)"/>
${body.join('\n')}
</svg>
`
}

type Place = (x: number) => number

function xScale([from, to]: readonly [number, number], isLogarithmic: boolean): Place {
  const of = isLogarithmic ? Math.log : (x: number) => x
  const span = of(to) - of(from) || 1
  return (x) => round(LEFT + ((of(x) - of(from)) / span) * (WIDTH - LEFT - RIGHT))
}

function xTicks(xs: readonly number[], { isLogarithmic, withDots }: GraphOptions): number[] {
  if (isLogarithmic || withDots) return [...new Set(xs)].sort((a, b) => a - b)
  const [from, to] = [Math.min(...xs), Math.max(...xs)]
  return Array.from({ length: TICKS }, (_, i) => from + ((to - from) * i) / (TICKS - 1))
}

function drawEvent(x: number, name: string, bottom: number, i: number): string {
  const y = 40 + (i % 2) * 13 // names of neighbours in two rows
  const anchor = x > WIDTH - 200 ? 'end' : 'start'
  return `<line class="event" x1="${x}" x2="${x}" y1="${y + 3}" y2="${bottom}"/><text class="eventname" x="${x + (anchor === 'end' ? -4 : 4)}" y="${y}" text-anchor="${anchor}">${escaped(name)}</text>`
}

function drawPanel(
  { title, series, text }: Panel,
  top: number,
  place: Place,
  { withDots = false }: GraphOptions,
): string {
  const values = series.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite)
  const most = Math.max(...values, 1e-9) * 1.08
  const y = (value: number) => round(top + PANEL - (value / most) * PANEL)
  const grid = [0, 0.5, 1].map((share) => {
    const value = (most / 1.08) * share
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${escaped(text(value))}</text>`
  })
  const lines = series.flatMap(({ points }, i) => {
    const kept = points.filter(([, value]) => Number.isFinite(value))
    const path = kept.map(([x, value]) => `${place(x)},${y(value)}`).join(' ')
    const dots = kept.map(
      ([x, value]) => `<circle cx="${place(x)}" cy="${y(value)}" r="3.5" fill="var(--s${i % 4})"/>`,
    )
    return [
      `<polyline class="line" stroke="var(--s${i % 4})" points="${path}"/>`,
      ...(withDots ? dots : []),
    ]
  })
  return [
    ...grid,
    ...lines,
    `<text class="name" x="${LEFT}" y="${top - 8}">${escaped(title)}${legend(series)}</text>`,
  ].join('')
}

const legend = (series: readonly Series[]): string =>
  series.length < 2
    ? ''
    : series
        .map(({ name }, i) => `<tspan dx="14" fill="var(--s${i % 4})">● ${escaped(name)}</tspan>`)
        .join('')

const round = (n: number): number => Math.round(n * 10) / 10

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
