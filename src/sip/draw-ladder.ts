// The ladder in a terminal. Layout came before (ladder.ts); here are only characters.
//
//               10.0.0.1          10.0.0.2
//       0.000       │──── INVITE ────▶│        audio 10.0.0.1:4000 PCMA/8000 sendrecv
//       0.502       │┄┄┄ INVITE ↻ ┄┄┄▶│        sent again
//           ⋮       │                 │        a pause
//       6.120       │◀──── 200 OK ────│
//
// The width is a bound: columns move together, labels lose their end ('…'), and when not even that
// helps the messages become a list. Text from the wire is made harmless: no control character
// reaches the terminal.
import type { LadderArrow } from '#contract'
import type { Ladder } from './ladder.ts'

export interface DrawOptions {
  /** Characters a line may have, 40 at least. @default 100 */
  readonly widthMax?: number
  /** Show session descriptions behind the arrows, where there is room. @default true */
  readonly sdp?: boolean
}

const WIDTH_CHARS_MIN = 40
const TIME_CHARS = 10
const GAP_CHARS_MIN = 12
const GAP_CHARS_MAX = 40
const SDP_CHARS_MIN = 12
/** A longer silence is drawn as an empty rung. */
const PAUSE_MS_MIN = 3_000

/** Draws a ladder as lines of text joined by line breaks; '' of a ladder without arrows. */
export function renderLadder(
  ladder: Ladder,
  { widthMax = 100, sdp = true }: DrawOptions = {},
): string {
  if (ladder.arrows.length === 0) return ''
  const width = Math.max(widthMax, WIDTH_CHARS_MIN)
  const posts = placePosts(ladder, width)
  const lines =
    posts === undefined ? listLines(ladder) : ladderLines(ladder, posts, sdp ? width : 0)
  return lines.map((line) => cut(line.trimEnd(), width)).join('\n')
}

/** Where each column stands, as narrow as the labels allow; undefined when there is no room. */
function placePosts({ columns, arrows }: Ladder, width: number): readonly number[] | undefined {
  const names = columns.map(({ label }) => label.length)
  let wanted = Math.max(GAP_CHARS_MIN, ...names.map((chars) => chars + 2))
  for (const arrow of arrows) wanted = Math.max(wanted, textOf(arrow).length + 6)
  for (let gap = Math.min(wanted, GAP_CHARS_MAX); gap >= GAP_CHARS_MIN; gap -= 1) {
    const half = (chars = 0) => Math.ceil(Math.min(chars, gap - 2) / 2)
    const first = TIME_CHARS + 2 + half(names[0])
    const last = first + (columns.length - 1) * gap
    if (last + half(names.at(-1)) < width) return columns.map((_, i) => first + i * gap)
  }
  return undefined
}

function ladderLines(ladder: Ladder, posts: readonly number[], sdpWidth: number): string[] {
  const lines = [headLine(ladder, posts)]
  let lastMs = 0
  for (const arrow of ladder.arrows) {
    if (arrow.atMs - lastMs >= PAUSE_MS_MIN) lines.push(rung('⋮', posts).join(''))
    lastMs = arrow.atMs
    const line = arrowLine(arrow, posts)
    lines.push(line + sdpNote(arrow, line.length, sdpWidth))
  }
  return [...lines, ...legend(ladder)]
}

function headLine({ columns }: Ladder, posts: readonly number[]): string {
  const gap = (posts[1] ?? posts[0]! + GAP_CHARS_MAX) - posts[0]!
  let line = ''
  for (const [i, { label }] of columns.entries()) {
    const name = cut(clean(label), gap - 2)
    line = line.padEnd(posts[i]! - Math.floor(name.length / 2)) + name
  }
  return line
}

/** An empty rung: the time and the posts. */
function rung(time: string, posts: readonly number[]): string[] {
  const chars = Array.from<string>({ length: posts.at(-1)! + 1 }).fill(' ')
  for (const [i, char] of [...time.padStart(TIME_CHARS)].entries()) chars[i] = char
  for (const post of posts) chars[post] = '│'
  return chars
}

function arrowLine(arrow: LadderArrow, posts: readonly number[]): string {
  const chars = rung((arrow.atMs / 1000).toFixed(3), posts)
  const from = posts[arrow.from]!
  const to = posts[arrow.to]!
  if (from === to) return ownLine(chars, from, textOf(arrow))
  const [left, right] = from < to ? [from, to] : [to, from]
  chars.fill(arrow.repeatOf === null ? '─' : '┄', left + 1, right)
  if (from < to) chars[right - 1] = '▶'
  else chars[left + 1] = '◀'
  const text = ` ${cut(textOf(arrow), right - left - 5)} `
  // Centred between the posts, a little off the arrow's head.
  const start = left + Math.floor((right - left - text.length) / 2) + (from < to ? 0 : 1)
  for (const [i, char] of [...text].entries()) chars[start + i] = char
  return chars.join('')
}

/** Something at one host: a log line, or a message to itself. */
function ownLine(chars: string[], post: number, text: string): string {
  chars[post] = '●'
  for (const [i, char] of [...` ${text}`].entries()) chars[post + 1 + i] = char
  return chars.join('')
}

function textOf({ label, repeatOf }: LadderArrow): string {
  return repeatOf === null ? clean(label) : `${clean(label)} ↻`
}

function sdpNote({ sdp }: LadderArrow, used: number, width: number): string {
  const room = width - used - 2
  return sdp === null || room < SDP_CHARS_MIN ? '' : `  ${cut(clean(sdp), room)}`
}

function legend({ arrows }: Ladder): string[] {
  return arrows.some(({ repeatOf }) => repeatOf !== null) ? ['', '↻ sent again'] : []
}

/** For more columns than fit side by side. */
function listLines({ columns, arrows }: Ladder): string[] {
  const name = (column: number) => clean(columns[column]!.label)
  const lines = arrows.map((arrow) => {
    const time = (arrow.atMs / 1000).toFixed(3).padStart(TIME_CHARS)
    return `${time}  ${name(arrow.from)} → ${name(arrow.to)}  ${textOf(arrow)}`
  })
  return [...lines, ...legend({ columns, arrows })]
}

/** Control characters, escapes and direction overrides become '·'. */
function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '·')
}

function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, Math.max(0, charsMax - 1))}…`
}
