// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: drawn, and still a list to choose from
// Draws a ladder that is laid out already. Knows pixels, knows nothing of SIP. Only the rows in sight are
// in the document, whichever element it is that scrolls: the ladder on a wide screen, the page on a phone.
import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import {
  type LadderLayout,
  type LaidOutRow,
  LINE_Y,
  linePath,
  ROW_HEIGHT,
  rowsInSight,
} from './ladder-layout.ts'

interface Props {
  readonly layout: LadderLayout
  /** Names of hosts by column label. */
  readonly names: ReadonlyMap<string, string>
  readonly chosen: number | undefined
  /** Compared with the chosen one. */
  readonly picked: number | undefined
  /** Whether the user chose it, so that it must be in sight. */
  readonly follow: boolean
  readonly choose: (message: number) => void
  /** Told how wide it may be. */
  readonly measure: (widthPx: number) => void
}

/** The ladder of a call; a click on an arrow chooses its message. */
export function LadderView(props: Props) {
  const { layout, names, chosen, picked, follow, choose, measure } = props
  const frame = useRef<HTMLElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  useWidth(frame, measure)
  const [top, bottom] = useSight(svg)
  const at = layout.rows.findIndex((row) => row.kind === 'arrow' && isOf(row, chosen))
  useEffect(() => {
    // Only what the user chose: a call just opened begins at its head.
    if (follow && at >= 0) bringIntoSight(frame.current, svg.current, at)
  }, [follow, at])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="ladder" ref={frame} tabIndex={0} aria-label="Ladder">
      <Hosts layout={layout} names={names} />
      <svg
        ref={svg}
        width={layout.width}
        height={layout.height}
        role="listbox"
        aria-label="Messages"
        {...(at >= 0 ? { 'aria-activedescendant': `arrow-${chosen}` } : {})}
      >
        <Heads />
        {layout.columns.map(({ x, label }) => (
          <line key={label} class="lifeline" x1={x} x2={x} y1={0} y2={layout.height} />
        ))}
        {rowsInSight(layout, top, bottom).map((laid) =>
          laid.kind === 'break' ? (
            <Break key={`break ${laid.y}`} laid={laid} layout={layout} />
          ) : (
            <Arrow
              key={laid.row.arrow.message}
              laid={laid}
              layout={layout}
              state={isOf(laid, chosen) ? 'chosen' : isOf(laid, picked) ? 'picked' : 'plain'}
              choose={choose}
            />
          ),
        )}
      </svg>
    </section>
  )
}

type LaidOutArrow = Extract<LaidOutRow, { kind: 'arrow' }>
const isOf = (laid: LaidOutArrow, message: number | undefined) => laid.row.arrow.message === message

/** Stays on top while the ladder scrolls: who was who is the question at row 200. */
const Hosts = ({ layout, names }: Pick<Props, 'layout' | 'names'>) => (
  <div class="columns" style={{ width: `${layout.width}px` }}>
    {layout.columns.map(({ x, label }) => (
      <span key={label} style={{ left: `${x}px` }} title={label}>
        {names.has(label) && <b>{names.get(label)}</b>}
        {names.has(label) ? <small>{label}</small> : <b>{label}</b>}
      </span>
    ))}
  </div>
)

// One arrow head per colour: a marker does not take the colour of the line it ends.
const KINDS = ['request', 'provisional', 'success', 'failure', 'other'] as const

/** The heads of arrows, for every drawing of arrows on the page. */
export const Heads = () => (
  <defs>
    {KINDS.map((kind) => (
      <marker
        key={kind}
        id={`head-${kind}`}
        class={kind}
        viewBox="0 0 10 10"
        refX="9"
        refY="5"
        markerWidth="7"
        markerHeight="7"
        orient="auto"
      >
        <path d="M0 1 10 5 0 9z" />
      </marker>
    ))}
  </defs>
)

/** The lifelines are cut where time was. */
const Break = ({
  laid,
  layout,
}: {
  laid: Extract<LaidOutRow, { kind: 'break' }>
  layout: LadderLayout
}) => (
  <g class="break">
    {layout.columns.map(({ x, label }) => (
      <path key={label} d={`M${x} ${laid.y + 6}v${ROW_HEIGHT - 12}`} />
    ))}
    <text x={layout.gutter} y={laid.y + LINE_Y + 4}>
      {laid.text}
    </text>
  </g>
)

interface ArrowProps {
  readonly laid: LaidOutArrow
  readonly layout: LadderLayout
  readonly state: 'plain' | 'chosen' | 'picked'
  readonly choose: (message: number) => void
}

/** One message. */
export function Arrow({ laid, layout, state, choose }: ArrowProps) {
  const { row, y, x1, x2, shape } = laid
  const { arrow, leg } = row
  const lineY = y + LINE_Y
  const middle = shape === 'arrow' ? (x1 + x2) / 2 : x1 + (shape === 'dot' ? 12 : 44)
  const side = shape === 'arrow' ? '' : ' aside'
  return (
    <g
      id={`arrow-${arrow.message}`}
      class={`arrow ${arrow.kind}${arrow.repeatOf === null ? '' : ' repeat'} ${state}`}
      role="option"
      aria-selected={state === 'chosen'}
      onClick={() => choose(arrow.message)}
    >
      <rect class="row" x={0} y={y} width={layout.width} height={ROW_HEIGHT - 1} />
      {leg !== undefined && (
        <rect class={`leg leg-${leg % 5}`} x={3} y={y + 5} width={4} height={30} rx={2} />
      )}
      {row.isEvidence && (
        <circle class="evidence" cx={11} cy={lineY} r={3}>
          <title>The verdict rests on this message</title>
        </circle>
      )}
      <text class="at" x={layout.gutter} y={lineY + 4}>
        {row.time}
      </text>
      <text class={`label${side}`} x={middle} y={lineY - 6}>
        {laid.label}
      </text>
      {laid.detail && (
        <text class={`detail${side}`} x={middle} y={lineY + 13}>
          {laid.detail}
        </text>
      )}
      {/* Over the texts: their halo is for the lifelines only. */}
      {shape === 'dot' ? (
        <circle class="dot" cx={x1} cy={lineY} r={4} />
      ) : (
        <path class="line" d={linePath(laid)} marker-end={`url(#head-${arrow.kind})`} />
      )}
    </g>
  )
}

// Columns spread over the room there is, and again when the window or the pane changes.
function useWidth(
  element: RefObject<HTMLElement | null>,
  measure: (widthPx: number) => void,
): void {
  useLayoutEffect(() => {
    const watched = element.current
    if (!watched) return
    const watcher = new ResizeObserver(() => measure(watched.clientWidth))
    watcher.observe(watched)
    measure(watched.clientWidth)
    return () => watcher.disconnect()
  }, [element, measure])
}

/** Which part of the drawing can be seen, in its own pixels. */
function useSight(svg: RefObject<SVGSVGElement | null>): readonly [number, number] {
  const [sight, setSight] = useState<readonly [number, number]>([0, 2_000])
  useEffect(() => {
    const look = () => {
      const top = svg.current?.getBoundingClientRect().top ?? 0
      // In steps of some rows: a redraw for every pixel is wasted.
      const from = Math.max(0, Math.floor(-top / STEP_PX) * STEP_PX)
      const to = from + STEP_PX + innerHeight
      setSight((last) => (last[0] === from && last[1] === to ? last : [from, to]))
    }
    look()
    // Captured: whichever element scrolls, the event passes here.
    addEventListener('scroll', look, { capture: true, passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look, { capture: true })
      removeEventListener('resize', look)
    }
  }, [svg])
  return sight
}

const STEP_PX = ROW_HEIGHT * 8
/** The hosts' names cover that much of the top. */
const HEAD_PX = 46

function bringIntoSight(frame: HTMLElement | null, svg: SVGSVGElement | null, row: number): void {
  if (!frame || !svg) return
  const topOf = () => svg.getBoundingClientRect().top + row * ROW_HEIGHT
  const view = frame.getBoundingClientRect()
  const low = view.top + HEAD_PX
  const high = Math.min(view.bottom, view.top + innerHeight) - ROW_HEIGHT
  if (topOf() < low) frame.scrollTop -= low - topOf()
  else if (topOf() > high) frame.scrollTop += topOf() - high
  if (innerWidth >= NARROW_PX) return
  // On a phone the page scrolls too, and the message covers the lower part of the screen.
  const [top, room] = [topOf(), innerHeight * 0.37 - ROW_HEIGHT]
  if (top < PHONE_TOP_PX || top > room) scrollBy(0, top - (PHONE_TOP_PX + room) / 2)
}

/** The same width is in the css files. */
const NARROW_PX = 900
/** The bar of the page, and the hosts' names if there is room. */
const PHONE_TOP_PX = 100
