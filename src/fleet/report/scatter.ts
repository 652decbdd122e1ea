// Named points on two scales from zero: which policy costs what and loses what.
import { escapeHtml, niceAbove } from './chart.ts'

export interface ScatterPoint {
  readonly name: string
  readonly x: number
  readonly y: number
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT, TOP] = [960, 260, 64, 34, 120, 12]

export function drawScatter(
  points: readonly ScatterPoint[],
  { xTitle, yTitle }: { readonly xTitle: string; readonly yTitle: string },
): string {
  const xMost = niceAbove(Math.max(...points.map(({ x }) => x)) * 1.05)
  const yMost = niceAbove(Math.max(...points.map(({ y }) => y)) * 1.05)
  const x = (value: number) => LEFT + (value / xMost) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / yMost) * (HEIGHT - BOTTOM - TOP)
  const dots = points.map(
    (point, i) =>
      `<circle class="dot c${i % 6}" cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="5"/>` +
      `<text x="${(x(point.x) + 9).toFixed(1)}" y="${(y(point.y) - 4 - 12 * nearby(points, i, xMost, yMost)).toFixed(1)}">${escapeHtml(point.name)}</text>`,
  )
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${yTitle} over ${xTitle}`)}">`,
    `<path class="grid" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    `<text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${axisText(yMost)}</text>`,
    `<text x="${LEFT - 6}" y="${HEIGHT - BOTTOM}" text-anchor="end">0</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - BOTTOM + 15}" text-anchor="end">${axisText(xMost)}</text>`,
    `<text class="name" x="${LEFT}" y="${HEIGHT - 6}">${escapeHtml(xTitle)} →</text>`,
    `<text class="name" x="${LEFT + 6}" y="${TOP + 8}">↑ ${escapeHtml(yTitle)}</text>`,
    ...dots,
    '</svg>',
  ].join('')
}

/** How many points before this one are so close that their names would lie on each other. */
const nearby = (
  points: readonly ScatterPoint[],
  at: number,
  xMost: number,
  yMost: number,
): number =>
  points.slice(0, at).filter(({ x, y }) => {
    const isBeside = Math.abs(x - points[at]!.x) < xMost * 0.12
    return isBeside && Math.abs(y - points[at]!.y) < yMost * 0.05
  }).length

const axisText = (value: number): string =>
  value < 1 ? String(value) : value.toLocaleString('en-US')
