// The calls a search found, as many as there are: rows on a wide screen, cards on a narrow one.
import { useCallback, useMemo, useRef } from 'preact/hooks'
import type { CallRow } from '#contract'
import { useAliases } from '../parts/aliases.ts'
import { showCount, showSpan } from '../parts/format.ts'
import { Outcome } from '../parts/outcome.tsx'
import { useNarrow } from '../parts/use-narrow.ts'
import { VirtualTable } from '../parts/virtual-table.tsx'
import { openPage } from '../shell/address.ts'
import {
  callColumns,
  drawnColumns,
  methodOf,
  Started,
  type useShownColumns,
} from './call-columns.tsx'
import { type CallFeed, ROWS_MAX } from './call-feed.ts'

const ROW_PX = 34
const CARD_PX = 64

interface Props {
  readonly feed: CallFeed
  readonly columns: ReturnType<typeof useShownColumns>
}

/** The table. */
export function CallTable({ feed, columns }: Props) {
  const nameOf = useAliases()
  const narrow = useNarrow()
  const drawn = useMemo(
    () => drawnColumns(callColumns(nameOf), columns.shown),
    [nameOf, columns.shown],
  )
  const toggle = useMarking(feed)
  const more = useCallback(() => void feed.more(), [feed])
  const scrolled = useCallback(
    (topPx: number) => {
      feed.topPx = topPx
    },
    [feed],
  )
  return (
    <VirtualTable<CallRow>
      key={feed.key}
      label="Calls"
      rows={feed.rows}
      columns={drawn}
      keyOf={({ callId }) => callId}
      rowPx={narrow ? CARD_PX : ROW_PX}
      chosen={feed.chosen}
      marked={feed.marked}
      lead={narrow ? undefined : (call) => <Tick call={call} feed={feed} toggle={toggle} />}
      card={narrow ? (call) => <Card call={call} /> : undefined}
      open={(call, event) => {
        if (event.shiftKey) return toggle(call.callId, true)
        // A click with a modifier is for the browser.
        if (event.ctrlKey || event.metaKey || event.altKey) return
        event.preventDefault()
        feed.choose(call.callId)
        openPage('call', call.callId)
      }}
      resize={columns.resize}
      nearEnd={more}
      scrolled={scrolled}
      startPx={feed.topPx}
      foot={<End feed={feed} />}
    />
  )
}

// Shift takes everything between this one and the last one that was taken.
function useMarking(feed: CallFeed) {
  const last = useRef<string | undefined>(undefined)
  return (callId: string, through: boolean) => {
    const marked = new Set(feed.marked)
    const at = (id: string | undefined) => feed.rows.findIndex((row) => row.callId === id)
    const from = through ? at(last.current ?? feed.chosen) : -1
    const to = at(callId)
    if (from >= 0)
      for (const row of feed.rows.slice(Math.min(from, to), Math.max(from, to) + 1))
        marked.add(row.callId)
    else if (!marked.delete(callId)) marked.add(callId)
    last.current = callId
    // What a shift-click selects is calls, not text.
    if (through) getSelection()?.removeAllRanges()
    feed.mark(marked)
  }
}

interface TickProps extends Pick<Props, 'feed'> {
  readonly call: CallRow
  readonly toggle: (callId: string, through: boolean) => void
}

const Tick = ({ call: { callId }, feed, toggle }: TickProps) => (
  <input
    type="checkbox"
    aria-label={`Select ${callId}`}
    checked={feed.marked.has(callId)}
    tabIndex={-1}
    onClick={(event) => {
      event.stopPropagation()
      toggle(callId, event.shiftKey)
    }}
  />
)

// Two lines: who to whom and how it went; when, what, how long.
const Card = ({ call }: { call: CallRow }) => (
  <>
    <p>
      <b>
        {call.from || call.srcIp} → {call.to || call.dstIp}
      </b>
      <Outcome call={call} />
    </p>
    <p class="muted">
      <Started call={call} />
      <span>{methodOf(call)}</span>
      <span class="talk">{showSpan(call.durationMs ?? call.setupMs)}</span>
    </p>
  </>
)

// What comes after the last row: more, the end, or the limit.
function End({ feed }: { feed: CallFeed }) {
  const count = showCount(feed.rows.length)
  if (feed.searching) return <p class="list-end">Searching further back …</p>
  if (feed.loading) return <p class="list-end">Loading …</p>
  if (feed.rows.length >= ROWS_MAX)
    return <p class="list-end">The first {count} are shown. Narrow the search to see others.</p>
  if (!feed.hasMore) return <p class="list-end">{feed.failure ? '' : `That is all: ${count}.`}</p>
  return (
    <p class="list-end">
      <button type="button" onClick={() => void feed.more()}>
        Search further back
      </button>
    </p>
  )
}
