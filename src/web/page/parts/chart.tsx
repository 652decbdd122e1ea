// uPlot in the colours of the theme. The caller names colours by css variable ('--good'), because a
// canvas does not follow css: when the theme changes the chart is drawn anew.
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { THEME_CHANGED } from '../shell/theme.ts'

/** One line, or one set of bars. */
export interface Series {
  readonly label: string
  /** A css variable, '--good'. */
  readonly color: string
  readonly values: readonly (number | null)[]
  readonly kind?: 'line' | 'bars' | 'area' | 'dashes' | 'steps'
  /** Goes on over times of other lines at which it has no value. */
  readonly isJoined?: boolean
  /** For the legend. @default as it is */
  readonly show?: (value: number) => string
}

/** A moment in which something happened. */
export interface Mark {
  /** Seconds since 1970. */
  readonly time: number
  /** A css variable. */
  readonly color: string
}

interface Props {
  /** Says to those who do not see it what there is. */
  readonly label: string
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly heightPx?: number
  readonly legend?: boolean
  /** Told the two ends of what was dragged over, in seconds; undefined = dragging does nothing. */
  readonly brush?: (from: number, to: number) => void
  /** Told the time of the point that was clicked, in seconds. */
  readonly pick?: (time: number) => void
  /** Both ends of the time axis, in seconds. @default those of the data */
  readonly range?: readonly [number, number]
  /** Both ends of the value axis. @default from 0 to what there is */
  readonly rangeY?: readonly [number, number]
  /** Axis labels. */
  readonly showY?: (value: number) => string
  /** Moments to mark by a line through the chart. @default none */
  readonly marks?: readonly Mark[]
  /** Charts of one name move their cursors together. */
  readonly sync?: string
}

/** A chart over time, as wide as its place. */
export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const chart = useRef<uPlot | undefined>(undefined)
  const shape = JSON.stringify([
    props.series.map(({ label, color, kind }) => [label, color, kind]),
    [props.heightPx, props.legend, props.sync, props.brush !== undefined],
  ])
  useEffect(() => {
    const frame = place.current
    if (!frame) return
    const draw = () => {
      chart.current?.destroy()
      chart.current = new uPlot(optionsOf(latest, frame), dataOf(latest.current), frame)
    }
    draw()
    const watcher = new ResizeObserver(() =>
      chart.current?.setSize({ width: frame.clientWidth, height: latest.current.heightPx ?? 160 }),
    )
    watcher.observe(frame)
    const system = matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', draw)
    addEventListener(THEME_CHANGED, draw)
    return () => {
      watcher.disconnect()
      system.removeEventListener('change', draw)
      removeEventListener(THEME_CHANGED, draw)
      chart.current?.destroy()
      chart.current = undefined
    }
    // Another shape is another chart; other data is not.
  }, [shape])
  useEffect(
    () => chart.current?.setData(dataOf(props)),
    [props.times, props.series, props.range?.join(), props.marks],
  )
  return <div ref={place} class="chart" role="img" aria-label={props.label} />
}

const dataOf = ({ times, series }: Props): uPlot.AlignedData =>
  [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData

function optionsOf(latest: { readonly current: Props }, frame: HTMLElement): uPlot.Options {
  const { series, heightPx = 160, legend = false, brush, rangeY, showY, sync } = latest.current
  const color = colorsOf(frame)
  const axis = { stroke: color('--soft'), font: '11px system-ui, sans-serif' }
  const grid = { stroke: color('--line'), width: 1 }
  return {
    width: frame.clientWidth,
    height: heightPx,
    legend: { show: legend },
    cursor: {
      drag: { x: brush !== undefined, y: false, setScale: false },
      ...(sync === undefined ? {} : { sync: { key: sync } }),
    },
    scales: {
      // Bars stand on the ground; the axis shows what was asked for, not what was found.
      x: { range: (_, min, max) => [...(latest.current.range ?? [min, max])] as [number, number] },
      y: {
        range: (_, __, max) => [...(rangeY ?? [0, Math.max(1, max * 1.05)])] as [number, number],
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: grid,
        size: 26,
        gap: 2,
        space: 72,
        values: showTimes,
      },
      {
        ...{ ...axis, grid, ticks: { show: false }, size: 52 },
        ...(showY ? { values: (_: uPlot, splits: number[]) => splits.map(showY) } : {}),
      },
    ],
    series: [{ label: 'Time', value: timeAt }, ...series.map((one) => lineOf(one, color))],
    hooks: {
      drawSeries: [(chart, place) => place === 1 && drawMarks(chart, latest.current.marks, color)],
      ready: [
        (chart) =>
          chart.over.addEventListener('click', () => {
            const time = chart.data[0][chart.cursor.idx ?? -1]
            if (time !== undefined) latest.current.pick?.(time)
          }),
      ],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select
          if (width < 3) return
          latest.current.brush?.(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'))
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
    },
  }
}

// One line, 24 hours, in the reader's own zone and words; a day where it begins.
function showTimes(_: uPlot, splits: number[], __: number, ___: number, stepS: number): string[] {
  return splits.map((seconds) => {
    const at = new Date(seconds * 1000)
    const isDay = stepS >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0 && stepS >= 60)
    return (isDay ? DAY : stepS < 60 ? SECOND : MINUTE).format(at)
  })
}

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const MINUTE = new Intl.DateTimeFormat(undefined, clock)
const SECOND = new Intl.DateTimeFormat(undefined, { ...clock, second: '2-digit' })
const DAY = new Intl.DateTimeFormat(undefined, { day: '2-digit', month: 'short' })

function lineOf(
  { label, color, kind, isJoined = false, show }: Series,
  of: (name: string) => string,
): uPlot.Series {
  const stroke = of(color)
  return {
    label,
    spanGaps: isJoined,
    stroke,
    width: kind === 'bars' ? 0 : 1.5,
    points: { show: false, filter: kind === 'bars' ? () => null : lonePoints },
    ...(kind === 'dashes' ? { dash: [4, 4] } : {}),
    ...(kind === 'bars'
      ? { fill: stroke, paths: uPlot.paths.bars!({ size: [0.86, 60], align: 1 }) }
      : {}),
    ...(kind === 'steps'
      ? {
          paths: uPlot.paths.stepped!({ align: 1 }),
          fill: `color-mix(in srgb, ${stroke} 14%, transparent)`,
        }
      : {}),
    ...(kind === 'area' ? { fill: `color-mix(in srgb, ${stroke} 18%, transparent)` } : {}),
    value: (chart, _, place, at) => {
      const shown = at ?? lastPlace(chart)
      if (shown === undefined) return ''
      const value = chart.data[place]?.[shown] ?? null
      return value === null ? '–' : (show?.(value) ?? String(value))
    },
  }
}

// Under the second line and those above it: what happened explains the lines, it does not hide them.
function drawMarks(
  { ctx, bbox, scales, valToPos }: uPlot,
  marks: readonly Mark[] = [],
  colorOf: (name: string) => string,
): void {
  const { min = 0, max = 0 } = scales.x ?? {}
  ctx.save()
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  ctx.lineWidth = devicePixelRatio
  for (const { time, color } of marks) {
    if (time < (min ?? 0) || time > (max ?? 0)) continue
    const x = Math.round(valToPos(time, 'x', true)) + 0.5
    ctx.strokeStyle = colorOf(color)
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}

// A value with none beside it is no line: without a point the first minute of a system would be empty.
function lonePoints(chart: uPlot, place: number): number[] | null {
  const values = chart.data[place] ?? []
  const isKnown = (at: number) => (values[at] ?? null) !== null
  const lone = Array.from(values, (_, at) => at).filter(
    (at) => isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1),
  )
  return lone.length > 0 ? lone : null
}

// While nothing is pointed at the legend says what held last, rather than a row of dashes.
function lastPlace({ data: [times, ...lines] }: uPlot): number | undefined {
  const isKnown = (place: number) => lines.some((values) => (values[place] ?? null) !== null)
  for (let place = times.length - 1; place >= 0; place--) if (isKnown(place)) return place
  return undefined
}

function timeAt(chart: uPlot, _: number | null, __: number, at: number | null): string {
  const seconds = chart.data[0][at ?? lastPlace(chart) ?? -1]
  if (seconds === undefined) return ''
  const date = new Date(seconds * 1000)
  const time = (date.getSeconds() === 0 ? MINUTE : SECOND).format(date)
  return date.toDateString() === new Date().toDateString() ? time : `${DAY.format(date)} ${time}`
}

// A variable may hold light-dark(): only a property of an element says what that comes to.
function colorsOf(frame: HTMLElement): (name: string) => string {
  const probe = document.createElement('i')
  frame.append(probe)
  const colors = new Map<string, string>()
  const read = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  queueMicrotask(() => probe.remove())
  return (name) => {
    if (!colors.has(name)) colors.set(name, read(name))
    return colors.get(name)!
  }
}
