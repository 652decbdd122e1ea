// The ladder as a picture to keep: one list of shapes, written as a standalone SVG file or painted on a
// canvas for a PNG. A canvas and not the SVG itself as an image, because our content policy lets no page
// load an image that is not a file of ours, and that is right.
import type { LadderArrow } from '#contract'
import { type LadderLayout, LINE_Y, ROW_HEIGHT } from './ladder-layout.ts'

/** Everything a ladder is made of. */
export type Shape =
  | { kind: 'line'; x1: number; y1: number; x2: number; y2: number; color: Ink; dash?: boolean }
  | { kind: 'head'; x: number; y: number; way: 1 | -1; color: Ink }
  | { kind: 'bar'; x: number; y: number; height: number; color: Ink }
  | { kind: 'dot'; x: number; y: number; color: Ink }
  | { kind: 'text'; x: number; y: number; size: number; anchor: Anchor; color: Ink; text: string }

type Anchor = 'start' | 'middle' | 'end'
/** Colours by what they mean; `leg0` … are those of the legs. */
export type Ink = 'ink' | 'soft' | 'line' | 'paper' | LadderArrow['kind'] | `leg${number}`
/** The colours of one theme. */
export type Palette = Readonly<Record<string, string>>

/** Under the title: the call and its hosts. */
const HEAD_HEIGHT = 58
const TITLE_LINE = 18
const TITLE_LETTER = 8.5
const MARGIN = 16
/** Browsers refuse a larger canvas. */
const CANVAS_PX_MAX = 16_000

/** A ladder with what is written over it. */
export interface Picture {
  readonly layout: LadderLayout
  readonly title: string
  readonly subtitle: string
  /** Names of hosts by column label. */
  readonly names: ReadonlyMap<string, string>
}

/** For files: on paper everything is light. */
export const PAPER: Palette = {
  ...{ ink: '#1a1d24', soft: '#5d6472', line: '#d5d9e2', paper: '#ffffff', request: '#3551c8' },
  ...{ provisional: '#8a5a00', success: '#0b7a4b', failure: '#c02434', other: '#5d6472' },
  ...{ leg0: '#3551c8', leg1: '#b4560b', leg2: '#0b7a6b', leg3: '#9a2f86', leg4: '#5d6472' },
}

/** The shapes of a whole ladder, heading and hosts included. */
export function shapesOf({ layout, title, subtitle, names }: Picture): readonly Shape[] {
  const lines = titleLines(title, layout.width)
  const head = headHeight(title, layout.width)
  const shapes: Shape[] = [
    ...lines.map((line, i) => text(MARGIN, 22 + i * TITLE_LINE, 14, 'start', 'ink', line)),
    text(MARGIN, head - 36, 11, 'start', 'soft', subtitle),
  ]
  for (const { x, label } of layout.columns) {
    const name = names.get(label)
    if (name !== undefined) shapes.push(text(x, head - 18, 11, 'middle', 'ink', name))
    shapes.push(text(x, head - 6, 11, 'middle', name === undefined ? 'ink' : 'soft', label))
    const bottom = head + layout.height
    shapes.push({ kind: 'line', x1: x, y1: head, x2: x, y2: bottom, color: 'line' })
  }
  for (const row of layout.rows) shapes.push(...rowShapes(row, head, layout))
  return shapes
}

/** The verdict may be longer than the ladder is wide. */
function titleLines(title: string, width: number): readonly string[] {
  const room = Math.max(20, Math.floor((width - 2 * MARGIN) / TITLE_LETTER))
  const lines: string[] = []
  for (const word of title.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < room) lines.push(`${lines.pop()} ${word}`)
    else lines.push(word)
  }
  return lines
}

const headHeight = (title: string, width: number): number =>
  HEAD_HEIGHT + TITLE_LINE * titleLines(title, width).length

function rowShapes(
  laid: LadderLayout['rows'][number],
  head: number,
  { gutter }: LadderLayout,
): Shape[] {
  const y = head + laid.y
  if (laid.kind === 'break') return [text(gutter, y + LINE_Y + 4, 11, 'end', 'soft', laid.text)]
  const { row, x1, x2, shape } = laid
  const color = row.arrow.kind
  const lineY = y + LINE_Y
  const middle = shape === 'arrow' ? (x1 + x2) / 2 : x1 + 44
  const anchor = shape === 'arrow' ? 'middle' : 'start'
  return [
    ...(row.leg === undefined
      ? []
      : [{ kind: 'bar', x: 6, y: y + 6, height: 26, color: `leg${row.leg % 5}` } as const]),
    text(gutter, lineY + 4, 11, 'end', 'soft', row.time),
    text(middle, lineY - 6, 12, anchor, 'ink', laid.label),
    text(middle, lineY + 13, 10, anchor, 'soft', laid.detail),
    // Over the texts: their halo is for the lifelines only.
    ...lineShapes(x1, x2, lineY, shape, color, row.arrow.repeatOf !== null),
  ]
}

function lineShapes(
  x1: number,
  x2: number,
  y: number,
  shape: 'arrow' | 'dot' | 'loop',
  color: Ink,
  dash: boolean,
): Shape[] {
  if (shape === 'dot') return [{ kind: 'dot', x: x1, y, color }]
  const line = (fromX: number, fromY: number, toX: number, toY: number): Shape => ({
    ...{ kind: 'line', x1: fromX, y1: fromY, x2: toX, y2: toY, color, dash },
  })
  if (shape === 'arrow')
    return [line(x1, y, x2, y), { kind: 'head', x: x2, y, way: x2 > x1 ? 1 : -1, color }]
  return [
    ...[line(x1, y - 8, x1 + 34, y - 8), line(x1 + 34, y - 8, x1 + 34, y + 8)],
    ...[
      line(x1 + 34, y + 8, x1, y + 8),
      { kind: 'head', x: x1, y: y + 8, way: -1, color } as const,
    ],
  ]
}

const text = (
  x: number,
  y: number,
  size: number,
  anchor: Anchor,
  color: Ink,
  words: string,
): Shape => ({ kind: 'text', x, y, size, anchor, color, text: words })

const FONT = 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace'

/** A standalone file: no style sheet, no font and no script from anywhere. */
export function svgOf(picture: Picture, palette: Palette = PAPER): string {
  const { width, height } = sizeOf(picture)
  const ink = (name: Ink) => palette[name] ?? palette.ink ?? '#000'
  const body = shapesOf(picture).map((shape) => markupOf(shape, ink))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(picture.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${ink('paper')}"/>`,
    `<g font-family="${escaped(FONT)}" stroke-width="1.6" fill="none">`,
    ...body,
    '</g></svg>',
    '',
  ].join('\n')
}

function markupOf(shape: Shape, ink: (name: Ink) => string): string {
  const color = ink(shape.color)
  switch (shape.kind) {
    case 'line':
      return `<line x1="${shape.x1}" y1="${shape.y1}" x2="${shape.x2}" y2="${shape.y2}" stroke="${color}"${shape.dash ? ' stroke-dasharray="4 4"' : ''}/>`
    case 'head':
      return `<path d="M${shape.x} ${shape.y}l${-9 * shape.way} -4.5v9z" fill="${color}"/>`
    case 'bar':
      return `<rect x="${shape.x}" y="${shape.y}" width="4" height="${shape.height}" rx="2" fill="${color}"/>`
    case 'dot':
      return `<circle cx="${shape.x}" cy="${shape.y}" r="4" fill="${color}"/>`
    case 'text':
      return `<text x="${shape.x}" y="${shape.y}" font-size="${shape.size}" text-anchor="${shape.anchor}" fill="${color}" stroke="${ink('paper')}" stroke-width="3" paint-order="stroke">${escaped(shape.text)}</text>`
  }
}

/** What a file format of XML can hold: control characters are not among it, escaped or not. */
const escaped = (raw: string): string =>
  raw
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const sizeOf = ({ layout, title }: Picture) => ({
  width: layout.width,
  height: headHeight(title, layout.width) + layout.height,
})

/** How many rows fit a PNG; the SVG has all of them. */
export const PNG_ROWS_MAX = Math.floor((CANVAS_PX_MAX - 4 * HEAD_HEIGHT) / ROW_HEIGHT)

/** The same painted, at twice the size where that fits, so that it stands up to a projector. */
export async function pngOf(picture: Picture, palette: Palette = PAPER): Promise<Blob> {
  const { width, height } = sizeOf(picture)
  const scale = height * 2 <= CANVAS_PX_MAX ? 2 : 1
  const canvas = document.createElement('canvas')
  canvas.width = width * scale
  canvas.height = Math.min(height * scale, CANVAS_PX_MAX)
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('this browser paints no canvas')
  const ink = (name: Ink) => palette[name] ?? palette.ink ?? '#000'
  pen.scale(scale, scale)
  pen.fillStyle = ink('paper')
  pen.fillRect(0, 0, width, height)
  for (const shape of shapesOf(picture)) paint(pen, shape, ink)
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture')))),
  )
}

function paint(pen: CanvasRenderingContext2D, shape: Shape, ink: (name: Ink) => string): void {
  pen.strokeStyle = ink(shape.color)
  pen.fillStyle = ink(shape.color)
  pen.lineWidth = 1.6
  pen.setLineDash(shape.kind === 'line' && shape.dash ? [4, 4] : [])
  pen.beginPath()
  switch (shape.kind) {
    case 'line':
      pen.moveTo(shape.x1, shape.y1)
      pen.lineTo(shape.x2, shape.y2)
      pen.stroke()
      break
    case 'head':
      pen.moveTo(shape.x, shape.y)
      pen.lineTo(shape.x - 9 * shape.way, shape.y - 4.5)
      pen.lineTo(shape.x - 9 * shape.way, shape.y + 4.5)
      pen.fill()
      break
    case 'bar':
      pen.fillRect(shape.x, shape.y, 4, shape.height)
      break
    case 'dot':
      pen.arc(shape.x, shape.y, 4, 0, 2 * Math.PI)
      pen.fill()
      break
    case 'text':
      pen.font = `${shape.size}px ${FONT}`
      pen.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor
      pen.lineWidth = 3
      pen.strokeStyle = ink('paper')
      pen.strokeText(shape.text, shape.x, shape.y)
      pen.fillText(shape.text, shape.x, shape.y)
  }
}
