// Where the picture goes: redrawn in place on a terminal, a line now and then anywhere else.
import { clock, drawPicture, type PictureOptions } from './demo-picture.ts'
import type { RunView } from './run-view.ts'

const LINE_EVERY_SECONDS = 5

export type Screen = (view: RunView) => void

/** For this process's output. */
export const openScreen = (options: Omit<PictureOptions, 'isColoured'>): Screen =>
  process.stdout.isTTY ? redrawing(options) : line(options)

function redrawing(options: Omit<PictureOptions, 'isColoured'>): Screen {
  const isColoured = process.env.NO_COLOR === undefined
  let height = 0
  return (view) => {
    const columns = process.stdout.columns || 100
    const lines = drawPicture(view, { ...options, isColoured })
    // A terminal too low to go back up in would leave half a picture at each drawing.
    const shown = lines.slice(0, Math.max(1, (process.stdout.rows || 40) - 1))
    const up = height > 0 ? `\u001b[${height}A` : ''
    const text = shown.map((one) => `\u001b[2K${cut(one, columns)}\n`).join('')
    const rest = Math.max(0, height - shown.length)
    process.stdout.write(up + text + '\u001b[2K\n'.repeat(rest))
    height = shown.length + rest
  }
}

/** As wide as the terminal; what only colours takes no room. */
function cut(text: string, columns: number): string {
  let width = 0
  let out = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  for (const part of text.split(/(\u001b\[\d+m)/)) {
    const isCode = part.startsWith('\u001b[')
    const kept = isCode ? part : [...part].slice(0, Math.max(0, columns - 1 - width)).join('')
    if (!isCode) width += [...kept].length
    out += kept
  }
  return out
}

function line({ seconds }: { readonly seconds: number }): Screen {
  let told = 0
  let saidAt = Number.NEGATIVE_INFINITY
  return (view) => {
    const { ticks, happenings, ledger, phase, url } = view
    if (saidAt === Number.NEGATIVE_INFINITY) process.stdout.write(`screen: ${url}/fleet\n`)
    for (const { seconds: at, text } of happenings.slice(told))
      process.stdout.write(`${clock(at)}  ${text}\n`)
    told = happenings.length
    const last = ticks.at(-1)
    const isDue = view.seconds - saidAt >= LINE_EVERY_SECONDS
    if (saidAt === Number.NEGATIVE_INFINITY) saidAt = 0
    if (phase !== 'running' || last === undefined || !isDue) return
    saidAt = view.seconds
    process.stdout.write(
      `${clock(view.seconds)} of ${clock(seconds)}  ${Math.round(last.offered)} packets/s  ` +
        `${last.ready} nodes (${last.wanted} wanted)  spool ${last.spoolAgeSeconds.toFixed(1)} s  ${ledger.stored} stored\n`,
    )
  }
}
