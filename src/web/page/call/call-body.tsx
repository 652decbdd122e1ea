// A call on the screen, wherever it came from: the page of a call and the page of a share link show the same,
// the latter without what leads to other calls.
//
//   ┌ verdict, facts, legs, timeline ──────────┐
//   │ tabs: ladder │ media │ events │ compare … │
//   │ ladder                    │ message       │
//   └───────────────────────────┴───────────────┘
import './call.css'
import './ladder.css'
import './message.css'
import './views.css'
import { useMemo, useState } from 'preact/hooks'
import type { CallDetail } from '#contract'
import { Tabs } from '../parts/tabs.tsx'
import { changeQuery, goBack } from '../shell/address.ts'
import { useKeyHelp } from '../shell/key-help.tsx'
import { useKeys } from '../shell/use-keys.ts'
import { CallHead } from './call-head.tsx'
import { CompareView } from './compare-view.tsx'
import { countEvents, EventsView } from './events-view.tsx'
import { layOutLadder } from './ladder-layout.ts'
import type { Picture } from './ladder-picture.ts'
import { type ArrowRow, type LadderRow, ladderRows } from './ladder-rows.ts'
import { LadderTools } from './ladder-tools.tsx'
import { LadderView } from './ladder-view.tsx'
import { MediaView } from './media-view.tsx'
import { MessageView, pick } from './message-view.tsx'
import { SimilarView } from './similar-view.tsx'
import { useAliases } from './use-aliases.ts'
import { TIMES, type View, type ViewState } from './view-state.ts'

interface Props {
  readonly call: CallDetail
  readonly state: ViewState
  /** A share link shows this call and nothing else. */
  readonly isShared: boolean
}

const KEYS = [
  ['j k', 'Next message, the one before'],
  ['Enter', 'Open the message'],
  ['d', 'Compare with another message'],
  ['t', 'Time since start, clock, since last'],
  ['r', 'Hide or show repeats'],
  ['c', 'Compare with a good call'],
] as const

/** Everything but the way back. */
export function CallBody({ call, state, isShared }: Props) {
  const rows = useMemo(() => ladderRows(call, state), [call, state])
  const [width, setWidth] = useState(0)
  const layout = useMemo(() => layOutLadder(call.ladder.columns, rows, width), [call, rows, width])
  const names = useAliases(call.ladder.columns, isShared)
  const first = rows.find((row) => row.kind === 'arrow')?.arrow.message
  // The first message is shown beside the ladder until one is chosen; on a phone none is.
  const chosen = state.message ?? first
  useCallKeys(rows, state, chosen)
  useKeyHelp('Call', KEYS)
  const picture = (): Picture => ({
    layout: layOutLadder(call.ladder.columns, rows, Math.max(width, 720)),
    title: call.verdict,
    subtitle: `${call.callId} · ${call.summary.startedAt}`,
    names,
  })
  return (
    <>
      <CallHead {...{ call, state, isShared, picture, choose }} />
      {call.messagesOmitted > 0 && (
        <p class="error">
          <strong>{call.messagesOmitted} older messages are not shown.</strong> The PCAP has them.
        </p>
      )}
      {call.missing && (
        <p class="error" role="alert">
          <strong>Not stored: {call.missing.join(', ')}.</strong> Call-IDs are matched whole.
        </p>
      )}
      <Tabs
        label="Views of this call"
        tabs={tabsOf(call, isShared)}
        chosen={state.view}
        choose={(view) =>
          changeQuery({ view: view === 'ladder' ? undefined : view, message: undefined }, 'replace')
        }
      />
      {state.view !== 'ladder' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="tab-panel" role="tabpanel" aria-label={state.view} tabIndex={0}>
          {state.view === 'media' && <MediaView call={call} choose={choose} />}
          {state.view === 'events' && <EventsView call={call} choose={choose} />}
          {state.view === 'compare' && <CompareView call={call} other={state.other} />}
          {state.view === 'similar' && <SimilarView call={call} />}
        </section>
      )}
      {state.view === 'ladder' && (
        <div class="split" data-chosen={state.message !== undefined}>
          <div class="ladder-side">
            <LadderTools call={call} state={state} shown={rows.filter(isArrow).length} />
            {first === undefined ? (
              <p class="nothing">Nothing is left of the ladder: show more above.</p>
            ) : (
              <LadderView
                {...{ layout, names, chosen, choose }}
                picked={state.diff}
                follow={state.message !== undefined}
                measure={setWidth}
              />
            )}
          </div>
          <aside class="pane" aria-label="Message">
            <MessageView call={call} index={chosen ?? 0} picked={state.diff} choose={choose} />
          </aside>
        </div>
      )}
    </>
  )
}

const TABS: readonly (readonly [View, string])[] = [
  ['ladder', 'Ladder'],
  ['media', 'Media'],
  ['events', 'Events'],
  ['compare', 'Compare'],
  ['similar', 'Similar'],
]
const SHARED_TABS = TABS.slice(0, 3)

/** How many events there are is worth knowing before one looks. */
const tabsOf = (call: CallDetail, isShared: boolean): typeof TABS =>
  (isShared ? SHARED_TABS : TABS).map(([view, label]) => {
    const count = view === 'events' ? countEvents(call) : 0
    return [view, count > 0 ? `${label} (${count})` : label]
  })

const isArrow = (row: LadderRow): row is ArrowRow => row.kind === 'arrow'

const choose = (message: number | undefined) =>
  changeQuery({ message: message?.toString(), view: undefined }, 'replace')

// j and k go through the messages here, as they go through the calls in the list.
function useCallKeys(
  rows: readonly LadderRow[],
  state: ViewState,
  chosen: number | undefined,
): void {
  const shown = rows.filter(isArrow).map(({ arrow }) => arrow.message)
  const at = shown.indexOf(chosen ?? -1)
  const move = (by: number) => {
    // What was chosen may be filtered out: the first one is where to begin again.
    const to = at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + by))
    if (shown[to] !== undefined) choose(shown[to])
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      if (chosen !== undefined) choose(chosen)
      document.querySelector<HTMLElement>('.pane .raw')?.focus()
    },
    d: () => chosen !== undefined && pick(chosen, state.diff),
    t: () => {
      const next = TIMES[(TIMES.indexOf(state.time) + 1) % TIMES.length]
      changeQuery({ time: next === 'relative' ? undefined : next }, 'replace')
    },
    r: () => {
      const hide = state.hide.filter((name) => name !== 'repeats')
      const isHidden = hide.length < state.hide.length
      changeQuery({ hide: (isHidden ? hide : [...hide, 'repeats']).join(',') }, 'replace')
    },
    c: () => changeQuery({ view: 'compare', message: undefined }, 'replace'),
    Escape: () => leave(state),
  })
}

/** One step back at a time: the comparison, the message, the view, the call. */
function leave(state: ViewState): void {
  if (state.diff !== undefined) changeQuery({ diff: undefined }, 'replace')
  else if (state.message !== undefined) choose(undefined)
  else if (state.view !== 'ladder') changeQuery({ view: undefined }, 'replace')
  else goBack('search')
}
