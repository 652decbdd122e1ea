// What can stand in a row of the list, and which of it does: chosen, ordered and sized by the person,
// kept in this browser.
import type { CallRow } from '#contract'
import type { NameOf } from '../parts/aliases.ts'
import { microsOf, showClock, showDay, showSpan } from '../parts/format.ts'
import { Outcome } from '../parts/outcome.tsx'
import { Quality, qualityWord } from '../parts/quality.tsx'
import { useRemembered } from '../parts/use-remembered.ts'
import type { Column } from '../parts/virtual-table.tsx'
import { hrefOf } from '../shell/address.ts'

/** Every column, in the order in which they are offered. */
export const callColumns = (nameOf: NameOf): readonly Column<CallRow>[] => [
  {
    ...{ id: 'started', label: 'Started', widthPx: 140, title: ({ startedAt }) => startedAt },
    cell: (call) => <Started call={call} />,
  },
  { id: 'outcome', label: 'Outcome', widthPx: 136, cell: (call) => <Outcome call={call} /> },
  {
    ...{ id: 'from', label: 'From', widthPx: 152, title: ({ from }) => from },
    cell: (call) => call.from || <Nobody text={nameOf(call.srcIp)} />,
  },
  {
    ...{ id: 'to', label: 'To', widthPx: 152, title: ({ to }) => to },
    cell: (call) => call.to || <Nobody text={nameOf(call.dstIp)} />,
  },
  { id: 'method', label: 'Method', widthPx: 92, cell: methodOf },
  {
    id: 'status',
    label: 'Status',
    widthPx: 60,
    align: 'right',
    cell: ({ status }) => status ?? '',
  },
  {
    ...{ id: 'setup', label: 'Setup', widthPx: 84, align: 'right' },
    cell: ({ setupMs }) => showSpan(setupMs),
  },
  {
    ...{ id: 'duration', label: 'Talk', widthPx: 68, align: 'right' },
    cell: ({ durationMs }) => showSpan(durationMs),
  },
  {
    ...{ id: 'quality', label: 'Quality', widthPx: 74, align: 'right' },
    title: ({ mos }) => (mos === null ? '' : `MOS ${mos.toFixed(2)}: ${qualityWord(mos)}`),
    cell: (call) => <Quality call={call} />,
  },
  {
    ...{ id: 'messages', label: 'Msgs', widthPx: 56, align: 'right' },
    title: ({ partial }) => (partial ? 'Part of this call: it began before the range' : ''),
    cell: ({ messageCount, partial }) => `${messageCount}${partial ? '+' : ''}`,
  },
  {
    ...{ id: 'agent', label: 'User agent', widthPx: 98, title: ({ userAgent }) => userAgent },
    cell: ({ userAgent }) => userAgent,
  },
  {
    ...{ id: 'path', label: 'Path', widthPx: 190 },
    title: ({ srcIp, dstIp }) => `${srcIp} → ${dstIp}`,
    cell: ({ srcIp, dstIp }) => (srcIp || dstIp) && `${nameOf(srcIp)} → ${nameOf(dstIp)}`,
  },
  {
    ...{ id: 'callid', label: 'Call-ID', widthPx: 220, title: ({ callId }) => callId },
    cell: ({ callId }) => callId,
  },
]

/** What is shown until somebody chooses. */
const BY_DEFAULT: readonly Shown[] = [
  ...[
    'started',
    'outcome',
    'from',
    'to',
    'method',
    'setup',
    'duration',
    'quality',
    'messages',
    'agent',
    'path',
  ],
].map((id) => ({ id }))

/** A column that is shown; a width only where somebody changed it. */
export interface Shown {
  readonly id: string
  readonly widthPx?: number
}

const isShown = (value: unknown): value is readonly Shown[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one?.id === 'string')

/** The columns as this person wants them, and how to change that. */
export function useShownColumns() {
  const [shown, setShown] = useRemembered<readonly Shown[]>('columns', BY_DEFAULT, isShown)
  return {
    shown,
    setShown,
    reset: () => setShown(BY_DEFAULT),
    resize: (id: string, widthPx: number) =>
      setShown(shown.map((one) => (one.id === id ? { id, widthPx } : one))),
  }
}

/** The columns to draw. */
export const drawnColumns = (
  all: readonly Column<CallRow>[],
  shown: readonly Shown[],
): readonly Column<CallRow>[] =>
  shown.flatMap(({ id, widthPx }) => {
    const column = all.find((one) => one.id === id)
    return column ? [widthPx === undefined ? column : { ...column, widthPx }] : []
  })

// The link is for new tabs and for copying the address; a click on the row is enough otherwise.
export function Started({ call: { callId, startedAt } }: { call: CallRow }) {
  // The day only where it is not today's: most rows are of today.
  const day = showDay(startedAt)
  return (
    <a class="started" href={hrefOf('call', callId)} tabIndex={-1}>
      {day && <span class="day">{day}</span>} {showClock(startedAt)}
      <small>.{microsOf(startedAt).slice(0, 3)}</small>
    </a>
  )
}

const Nobody = ({ text }: { text: string }) => <span class="muted">{text}</span>

/** HEP protocol types that have no method. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'SIP?',
  4: 'RTP',
  5: 'RTCP',
  34: 'RTP report',
  35: 'RTCP-XR',
  53: 'DNS',
  54: 'ISUP',
  100: 'log',
}

export const methodOf = ({ method, protocol }: CallRow): string =>
  method || PROTOCOLS[protocol] || `type ${protocol}`
