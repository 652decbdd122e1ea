// Which rows a ladder has: the arrows that are wanted, and breaks where nothing happened for a while.
// Numbers and texts only; where they stand is ladder-layout.ts.
import type { CallDetail, CallMessage, LadderArrow } from '#contract'
import { microsOf, showClock } from '../parts/format.ts'
import type { TimeMode, ViewState } from './view-state.ts'

/** A silence of this length is drawn as a break. */
export const BREAK_MS_MIN = 3_000

/** One arrow with everything said beside it. */
export interface ArrowRow {
  readonly kind: 'arrow'
  readonly arrow: LadderArrow
  readonly message: CallMessage
  /** Index of its leg; undefined in a call of one. */
  readonly leg: number | undefined
  readonly time: string
  readonly label: string
  /** SDP, taps, a report's numbers, the first words of a log line. */
  readonly detail: string
  /** The verdict rests on it. */
  readonly isEvidence: boolean
}

export type LadderRow = ArrowRow | { readonly kind: 'break'; readonly text: string }

type Filter = Pick<ViewState, 'hide' | 'leg' | 'methods' | 'time' | 'without'>

/** The rows to draw, in order. */
export function ladderRows(call: CallDetail, filter: Filter): readonly LadderRow[] {
  const legs = new Map(call.legs.map(({ callId }, i) => [callId, i]))
  const evidence = new Set(call.evidence.map(({ message }) => message))
  const rows: LadderRow[] = []
  let lastMs: number | undefined
  for (const arrow of call.ladder.arrows) {
    const message = call.messages[arrow.message]
    if (!message || !isWanted(arrow, message, filter)) continue
    const stepMs = arrow.atMs - (lastMs ?? arrow.atMs)
    if (stepMs >= BREAK_MS_MIN) rows.push({ kind: 'break', text: `⋮ ${spanOf(stepMs)}` })
    lastMs = arrow.atMs
    rows.push({
      kind: 'arrow',
      ...{ arrow, message },
      leg: call.legs.length > 1 ? legs.get(message.callId) : undefined,
      time: timeOf(arrow, message, stepMs, filter.time),
      label: arrow.repeatOf === null ? arrow.label : `${arrow.label} ↻`,
      detail: detailOf(arrow, message),
      isEvidence: evidence.has(arrow.message),
    })
  }
  return rows
}

/** Methods of a call, to choose from; what is no SIP is not among them. */
export const methodsOf = (call: CallDetail): readonly string[] =>
  [...new Set(call.messages.map(methodOf))].filter((method) => method !== '')

const methodOf = ({ cseq }: CallMessage): string => cseq.split(' ')[1] ?? ''

function isWanted(arrow: LadderArrow, message: CallMessage, filter: Filter): boolean {
  const { hide, leg, methods, without } = filter
  const method = methodOf(message)
  if (without.includes(message.callId)) return false
  if (leg !== '' && message.callId !== leg) return false
  // An ACK belongs to its INVITE, whichever was chosen.
  if (methods.length > 0 && !methods.includes(method === 'ACK' ? 'INVITE' : method)) return false
  if (hide.includes('repeats') && arrow.repeatOf !== null) return false
  if (hide.includes('pings') && isPing(message, method)) return false
  return !(hide.includes('other') && message.protocol !== 1)
}

/** OPTIONS with its answers, and the empty packets that keep a NAT's door open. */
const isPing = ({ raw, protocol }: CallMessage, method: string): boolean =>
  method === 'OPTIONS' || (protocol === 1 && raw.trim() === '')

function timeOf(
  { atMs }: LadderArrow,
  { at }: CallMessage,
  stepMs: number,
  mode: TimeMode,
): string {
  if (mode === 'clock') return `${showClock(at)}.${microsOf(at).slice(0, 3)}`
  const ms = mode === 'step' ? stepMs : atMs
  // Times may step back by a little where taps' clocks disagree.
  return `${ms < 0 ? '−' : '+'}${(Math.abs(ms) / 1000).toFixed(3)}`
}

function detailOf({ sdp }: LadderArrow, message: CallMessage): string {
  const texts = [sdpText(sdp), reportText(message), tapText(message)]
  return texts.filter((text) => text !== '').join(' · ')
}

/** What goes without saying is left out: 8 kHz, both ways. */
const sdpText = (sdp: string | null): string => (sdp ?? '').replaceAll(/\/8000\b| sendrecv\b/g, '')

const reportText = ({ report }: CallMessage): string => (report?.text ?? '').slice(0, 120)

/** '2 taps, +45 µs': how much later the last of them saw it. */
function tapText({ taps }: CallMessage): string {
  if (taps.length < 2) return ''
  const micros = microsBetween(taps[0]!.at, taps.at(-1)!.at)
  return `${taps.length} taps, +${spanOf(micros / 1000)}`
}

/** Date knows milliseconds; what taps differ by is less. */
export const microsBetween = (from: string, to: string): number =>
  (Math.floor(Date.parse(to) / 1000) - Math.floor(Date.parse(from) / 1000)) * 1e6 +
  Number(microsOf(to)) -
  Number(microsOf(from))

/** '45 µs', '812 ms', '4.2 s', '3 min 20 s'. */
export function spanOf(ms: number): string {
  if (Math.abs(ms) < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 1000) return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
}
