// Where everything in a ladder stands: numbers only, no drawing, no SIP. Rows are of one height, so that
// the ones in sight are found by division and thousands cost nothing.
//
//            10.0.0.1          10.0.0.2
//    gutter     │    columnGap    │
//    +0.000     │──INVITE────────▶│      a row: label over the line, detail under it
//               ⋮   8.2 s later   ⋮      a break
//    +8.320     │◀────100 Trying──│
import type { LadderColumn } from '#contract'
import type { ArrowRow, LadderRow } from './ladder-rows.ts'

interface Measures {
  /** Room at the left for the times. */
  readonly gutter: number
  /** Room for 'INVITE' or '200 OK' with some SDP, and for an IPv4 address above. */
  readonly gapMin: number
  readonly edge: number
}
const WIDE: Measures = { gutter: 92, gapMin: 128, edge: 62 }
/** Three hosts fit a phone. */
const NARROW: Measures = { gutter: 66, gapMin: 98, edge: 50 }
const NARROW_PX = 500
const NARROW_TIME_LETTERS = 8
/** One row. */
export const ROW_HEIGHT = 40
/** The line of an arrow below the top of its row. */
export const LINE_Y = 23
const FOOT = 12
/** Of the letters in a label, which are all of one width. */
const LETTER = 7.4
const SMALL_LETTER = 6.3
const LETTERS_MIN = 10

/** A row with its place. */
export type LaidOutRow =
  | { readonly kind: 'break'; readonly y: number; readonly text: string }
  | {
      readonly kind: 'arrow'
      readonly row: ArrowRow
      /** Label and detail as far as they fit. */
      readonly label: string
      readonly detail: string
      /** Top of the row. */
      readonly y: number
      readonly x1: number
      readonly x2: number
      readonly shape: 'arrow' | 'dot' | 'loop'
    }

/** A ladder ready to be drawn. */
export interface LadderLayout {
  /** Where times end. */
  readonly gutter: number
  readonly width: number
  readonly height: number
  readonly columns: readonly { readonly x: number; readonly label: string; readonly ip: string }[]
  readonly rows: readonly LaidOutRow[]
}

/** Spreads the columns over `widthWanted`, or wider when they would stand too close. */
export function layOutLadder(
  columns: readonly LadderColumn[],
  rows: readonly LadderRow[],
  widthWanted: number,
): LadderLayout {
  const { gutter, gapMin, edge } = measuresFor(widthWanted, rows)
  const gaps = Math.max(1, columns.length - 1)
  // Wider than the room there is when it must be: then the ladder scrolls sideways.
  const gap = Math.max(gapMin, (widthWanted - gutter - 2 * edge) / gaps)
  const width = Math.round(gutter + 2 * edge + gaps * gap)
  const xOf = (column: number) => Math.round(gutter + edge + column * gap)
  return {
    gutter: gutter - 10,
    width,
    height: rows.length * ROW_HEIGHT + FOOT,
    columns: columns.map(({ label, ip }, i) => ({ x: xOf(i), label, ip })),
    rows: rows.map((row, i): LaidOutRow => {
      const y = i * ROW_HEIGHT
      if (row.kind === 'break') return { ...row, y }
      const [x1, x2] = [xOf(row.arrow.from), xOf(row.arrow.to)]
      const isLog = row.message.protocol === 100
      const room = x1 === x2 ? Math.max(gap, width - x1) - 40 : Math.abs(x1 - x2)
      return {
        ...{ kind: 'arrow' as const, row, y, x1, x2 },
        label: cut(row.label, Math.floor((room - 16) / LETTER)),
        detail: cut(row.detail, Math.floor((room - 8) / SMALL_LETTER)),
        shape: isLog ? 'dot' : x1 === x2 ? 'loop' : 'arrow',
      }
    }),
  }
}

/** Times by the clock need more room than a phone has to spare. */
function measuresFor(widthWanted: number, rows: readonly LadderRow[]): Measures {
  const isLong = (row: LadderRow) => row.kind === 'arrow' && row.time.length > NARROW_TIME_LETTERS
  return widthWanted >= NARROW_PX || rows.some(isLong) ? WIDE : NARROW
}

/** The whole text is in the pane; here it is cut where it ends. */
const cut = (text: string, room: number): string =>
  text.length <= Math.max(room, LETTERS_MIN)
    ? text
    : `${text.slice(0, Math.max(room, LETTERS_MIN) - 1)}…`

/** Which rows to draw when this much of the ladder is in sight, with some to spare on both sides. */
export function rowsInSight(
  { rows }: LadderLayout,
  topPx: number,
  bottomPx: number,
): readonly LaidOutRow[] {
  if (rows.length <= ALWAYS_DRAWN) return rows
  const from = Math.max(0, Math.floor(topPx / ROW_HEIGHT) - SPARE)
  return rows.slice(from, Math.ceil(bottomPx / ROW_HEIGHT) + SPARE)
}

/** Few enough to draw whole: the browser's own search finds all of it. */
const ALWAYS_DRAWN = 150
const SPARE = 20

/** The path of a row's line; it ends a pixel short, so that the tip of the head touches the lifeline. */
export function linePath(laid: Extract<LaidOutRow, { kind: 'arrow' }>): string {
  const { x1, x2, shape } = laid
  const y = laid.y + LINE_Y
  if (shape === 'loop') return `M${x1} ${y - 8}h28a6 6 0 0 1 6 6v4a6 6 0 0 1-6 6h-26`
  return `M${x1} ${y}H${x2 > x1 ? x2 - 1 : x2 + 1}`
}
