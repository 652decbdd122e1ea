// The run as a picture in the terminal, redrawn in place; calm, so colour only says what it means.
//
//   load       ▁▁▂▃▄▅▆▇███▇▆▃▂▁        9,480 packets/s
//   nodes      ▂▂▂▂▃▅▅▆▆██████▆▅▃▂     4 ready, 4 wanted
//   capture-1  ready     2,401 /s  ██████████▏   16 %   0.3 s   12 flows
import type { CaptureProcess } from './capture-process.ts'
import type { RunView } from './run-view.ts'

const CURVE = 44
const BAR = 12
const NODES_SHOWN_MAX = 9
const EVENTS_SHOWN = 6

export interface PictureOptions {
  readonly isColoured: boolean
  /** The run's length. */
  readonly seconds: number
  readonly timesFaster: number
  /** What one node shall carry: a full bar. */
  readonly packetsPerNode: number
}

type Paint = (text: string) => string
interface Paints {
  readonly bold: Paint
  readonly soft: Paint
  readonly good: Paint
  readonly mild: Paint
  readonly bad: Paint
  readonly accent: Paint
}

/** The lines of the picture, as of now. */
export function drawPicture(view: RunView, options: PictureOptions): string[] {
  const paint = paints(options.isColoured)
  return [
    ...head(view, options, paint),
    ...curves(view, paint),
    '',
    ...nodeTable(view, options, paint),
    '',
    ...ledgerLines(view, paint),
    '',
    ...eventLines(view, paint),
  ]
}

function head(view: RunView, { seconds, timesFaster }: PictureOptions, paint: Paints): string[] {
  const speed = timesFaster === 60 ? 'one second is a minute' : `${timesFaster} times faster`
  const state = {
    starting: 'starting the first nodes',
    running: `${clock(Math.min(view.seconds, seconds))} of ${clock(seconds)}`,
    settling: 'waiting for the last packets',
  }[view.phase]
  return [
    '',
    `  ${paint.bold('Calliope: a fleet on one machine')}   ${state}   ${paint.soft(`the policy's clock: ${speed}`)}`,
    `  ${paint.soft('screen')}     ${paint.accent(`${view.url}/fleet`)}`,
    '',
  ]
}

function curves({ ticks }: RunView, paint: Paints): string[] {
  const last = ticks.at(-1)
  const row = (name: string, values: readonly number[], text: string, floor = 1) =>
    `  ${name.padEnd(10)} ${paint.accent(curve(values, floor))}  ${text}`
  return [
    row(
      'load',
      ticks.map(({ offered }) => offered),
      `${paint.bold(count(last?.offered ?? 0))} packets/s`,
    ),
    row(
      'nodes',
      ticks.map(({ ready }) => ready),
      `${paint.bold(String(last?.ready ?? 0))} ready, ${last?.wanted ?? 0} wanted`,
    ),
    row(
      'spool age',
      ticks.map(({ spoolAgeSeconds }) => spoolAgeSeconds),
      `${paint.bold((last?.spoolAgeSeconds ?? 0).toFixed(1))} s at most`,
    ),
  ]
}

function nodeTable(view: RunView, options: PictureOptions, paint: Paints): string[] {
  const alive = view.nodes.filter(({ stage }) => stage !== 'gone')
  const gone = view.nodes.length - alive.length
  const flows = new Map(view.balancer.targets.map((target) => [target.id, target.flows]))
  const title = `  ${'node'.padEnd(11)}${'state'.padEnd(10)}${'packets/s'.padStart(9)}  ${' '.repeat(BAR)}${'CPU'.padStart(6)}${'spool age'.padStart(11)}${'flows'.padStart(7)}${'received'.padStart(12)}${'dropped'.padStart(9)}`
  const rows = alive
    .slice(-NODES_SHOWN_MAX)
    .map((node) => nodeRow(node, flows.get(node.id) ?? 0, options, paint))
  const others = gone > 0 ? [paint.soft(`  ${gone} drained and gone`)] : []
  return [paint.soft(title), ...rows, ...others]
}

function nodeRow(
  { id, stage, reading }: CaptureProcess,
  flows: number,
  { packetsPerNode }: PictureOptions,
  paint: Paints,
): string {
  const { packetsPerSecond, cpuCores, spoolAgeSeconds, received, dropped } = reading
  const mood = { starting: paint.soft, ready: paint.good, draining: paint.mild }
  const state = (mood[stage as 'ready'] ?? paint.bad)(stage.padEnd(10))
  const isFull = packetsPerSecond > packetsPerNode
  const bar = (isFull ? paint.mild : paint.accent)(barOf(packetsPerSecond / packetsPerNode))
  const drops = String(dropped).padStart(9)
  return (
    `  ${id.padEnd(11)}${state}${count(packetsPerSecond).padStart(9)}  ${bar}` +
    `${`${Math.round(cpuCores * 100)} %`.padStart(6)}${`${spoolAgeSeconds.toFixed(1)} s`.padStart(11)}` +
    `${String(flows).padStart(7)}${count(received).padStart(12)}${dropped > 0 ? paint.bad(drops) : drops}`
  )
}

function ledgerLines({ ledger, sent, balancer }: RunView, paint: Paints): string[] {
  const lost = Object.values(balancer.dropped).reduce((sum, n) => sum + n, 0) + ledger.dropped.total
  const waiting = Math.max(0, sent - ledger.stored - ledger.rejected.total - lost)
  return [
    `  ${paint.soft('ledger'.padEnd(10))} ${count(sent)} sent = ${count(ledger.stored)} stored + ${
      lost > 0 ? paint.bad(`${count(lost)} dropped`) : '0 dropped'
    } + ${count(waiting)} on their way`,
  ]
}

const eventLines = ({ happenings }: RunView, paint: Paints): string[] =>
  happenings.slice(-EVENTS_SHOWN).map(({ seconds, kind, text }) => {
    const words = kind === 'scaled' ? paint.bold(text) : text
    return `  ${paint.soft(clock(seconds).padEnd(10))} ${kind === 'killed' ? paint.bad(text) : words}`
  })

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** All of the values in CURVE characters, the most in each; the highest is the full height. */
function curve(values: readonly number[], floor: number): string {
  const most = Math.max(floor, ...values)
  const cells = Math.min(CURVE, values.length)
  const height = (cell: number) => {
    const part = values.slice(
      Math.floor((cell * values.length) / cells),
      Math.floor(((cell + 1) * values.length) / cells),
    )
    return BLOCKS[Math.round((Math.max(0, ...part) / most) * (BLOCKS.length - 1))]!
  }
  return Array.from({ length: cells }, (_, cell) => height(cell))
    .join('')
    .padEnd(CURVE)
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function barOf(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * BAR * 8)
  return ('█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!).padEnd(BAR)
}

/** '0:42' */
export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

const count = (n: number): string => Math.round(n).toLocaleString('en-US')

function paints(isColoured: boolean): Paints {
  const code = (open: string): Paint =>
    isColoured ? (text) => `\u001b[${open}m${text}\u001b[0m` : (text) => text
  return {
    ...{ bold: code('1'), soft: code('2'), good: code('32') },
    ...{ mild: code('33'), bad: code('31'), accent: code('36') },
  }
}
