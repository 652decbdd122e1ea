// Where everything in a ladder stands: numbers only, no drawing, no SIP.
//
//            10.0.0.1          10.0.0.2
//    gutter     │    columnGap    │
//    +0.000     │──INVITE────────▶│      one row per arrow, rowHeight apart
//    +0.120     │◀────100 Trying──│
import type { CallDetail, LadderArrow } from '#contract'

/** Room at the left for the times. */
export const GUTTER = 78
/** Room for 'INVITE' or '200 OK' with some SDP, and for an IPv4 address above. */
export const COLUMN_GAP_MIN = 118
const EDGE = 62
/** One arrow with its label. */
export const ROW_HEIGHT = 36
/** Of the letters in a label, which are all of one width. */
const LETTER = 7.6
const LETTERS_MIN = 12

/** An arrow with its place. */
export interface LaidOutArrow {
  readonly arrow: LadderArrow
  readonly index: number
  /** Label and SDP as far as they fit over the arrow. */
  readonly label: string
  readonly detail: string
  /** Of the line itself; the label stands above it. */
  readonly y: number
  readonly x1: number
  readonly x2: number
  /** An arrow from a column to itself is a loop. */
  readonly loop: boolean
}

/** A ladder ready to be drawn. */
export interface LadderLayout {
  readonly width: number
  readonly height: number
  readonly columns: readonly { readonly x: number; readonly label: string }[]
  readonly arrows: readonly LaidOutArrow[]
}

/** Spreads the columns over `widthWanted`, or wider when they would stand too close. */
export function layOutLadder(
  { columns, arrows }: CallDetail['ladder'],
  widthWanted: number,
): LadderLayout {
  const gaps = Math.max(1, columns.length - 1)
  // Wider than the room there is when it must be: then the ladder scrolls sideways.
  const gap = Math.max(COLUMN_GAP_MIN, (widthWanted - GUTTER - 2 * EDGE) / gaps)
  const xOf = (column: number) => Math.round(GUTTER + EDGE + column * gap)
  return {
    width: Math.round(GUTTER + 2 * EDGE + gaps * gap),
    height: arrows.length * ROW_HEIGHT + 12,
    columns: columns.map(({ label }, i) => ({ x: xOf(i), label })),
    arrows: arrows.map((arrow, index) => ({
      arrow,
      index,
      ...fit(arrow, Math.abs(xOf(arrow.to) - xOf(arrow.from)) || gap),
      y: index * ROW_HEIGHT + 26,
      x1: xOf(arrow.from),
      x2: xOf(arrow.to),
      loop: arrow.from === arrow.to,
    })),
  }
}

function fit(
  { label, sdp, repeatOf }: LadderArrow,
  room: number,
): { label: string; detail: string } {
  const letters = Math.max(LETTERS_MIN, Math.floor((room - 14) / LETTER))
  const cut = label.length > letters ? `${label.slice(0, letters - 1)}…` : label
  const detail = repeatOf === null ? (sdp ?? '') : 'again'
  const left = letters - cut.length - 1
  // What does not fit is in the message beside the ladder; half a word of it helps nobody.
  return { label: cut, detail: detail.length <= left ? detail : shorten(detail, left) }
}

const shorten = (text: string, letters: number): string =>
  letters < 6 ? '' : `${text.slice(0, letters - 1)}…`
