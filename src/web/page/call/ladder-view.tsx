// Draws a ladder that is laid out already. Knows pixels, knows nothing of SIP.
import type { Ref } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { CallDetail } from '#contract'
import { GUTTER, type LaidOutArrow, layOutLadder, ROW_HEIGHT } from './ladder-layout.ts'

interface Props {
  readonly call: CallDetail
  readonly chosen: number
  /** Whether the user chose it, so that it must be in sight. */
  readonly follow: boolean
  readonly choose: (message: number) => void
}

/** The ladder of a call; a click on an arrow chooses its message. */
export function LadderView({ call, chosen, follow, choose }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const layout = layOutLadder(call.ladder, width)
  // Five colours; a call of more legs uses them again.
  const legOf = new Map(call.legs.map(({ callId }, i) => [callId, i % 5]))
  return (
    <div class="ladder" ref={frame}>
      <div class="columns" style={{ width: `${layout.width}px` }}>
        {layout.columns.map(({ x, label }) => (
          <span key={label} style={{ left: `${x}px` }} title={label}>
            {label}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset */}
      <svg width={layout.width} height={layout.height} role="group" aria-label="Messages">
        <Heads />
        {layout.columns.map(({ x, label }) => (
          <line key={label} class="lifeline" x1={x} x2={x} y1={0} y2={layout.height} />
        ))}
        {layout.arrows.map((arrow) => (
          <Arrow
            key={arrow.index}
            laid={arrow}
            width={layout.width}
            leg={
              call.legs.length > 1
                ? legOf.get(call.messages[arrow.arrow.message]?.callId ?? '')
                : undefined
            }
            isChosen={arrow.arrow.message === chosen}
            follow={follow}
            choose={choose}
          />
        ))}
      </svg>
      {call.messagesOmitted > 0 && (
        <p class="error">
          <strong>{call.messagesOmitted} more messages are not shown.</strong> The PCAP and the text
          have them.
        </p>
      )}
    </div>
  )
}

// One arrow head per colour: a marker does not take the colour of the line it ends.
const KINDS = ['request', 'provisional', 'success', 'failure', 'other'] as const

const Heads = () => (
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

interface ArrowProps {
  readonly laid: LaidOutArrow
  readonly width: number
  readonly leg: number | undefined
  readonly isChosen: boolean
  readonly follow: boolean
  readonly choose: (message: number) => void
}

function Arrow({ laid, width, leg, isChosen, follow, choose }: ArrowProps) {
  const { arrow, y, x1, x2 } = laid
  const group = useRef<SVGGElement>(null)
  useEffect(() => {
    // Only what the user chose: a call just opened begins at its head.
    if (isChosen && follow) group.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [isChosen, follow])
  return (
    <g
      ref={group}
      class={`arrow ${arrow.kind}${arrow.repeatOf === null ? '' : ' repeat'}`}
      role="option"
      aria-selected={isChosen}
      onClick={() => choose(arrow.message)}
    >
      <rect class="row" x={0} y={y - 22} width={width} height={ROW_HEIGHT - 2} rx={4} />
      {leg !== undefined && (
        <rect class={`leg leg-${leg}`} x={4} y={y - 18} width={4} height={ROW_HEIGHT - 10} rx={2} />
      )}
      <text class="at" x={GUTTER - 8} y={y + 1}>
        +{(arrow.atMs / 1000).toFixed(3)}
      </text>
      <text class="label" x={laid.loop ? x1 + 44 : (x1 + x2) / 2} y={laid.loop ? y + 1 : y - 6}>
        {laid.label}
        {laid.detail && <tspan class="sdp"> {laid.detail}</tspan>}
      </text>
      <path class="line" d={pathOf(laid)} marker-end={`url(#head-${arrow.kind})`} />
    </g>
  )
}

// The line ends a pixel short of the lifeline, so that the tip of the head touches it.
const pathOf = ({ x1, x2, y, loop }: LaidOutArrow): string =>
  loop
    ? `M${x1} ${y - 8}h28a6 6 0 0 1 6 6v4a6 6 0 0 1-6 6h-26`
    : `M${x1} ${y}H${x2 > x1 ? x2 - 1 : x2 + 1}`

// Columns spread over the room there is, and again when the window or the pane changes.
function useWidth(element: Ref<HTMLDivElement> & { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const watched = element.current
    if (!watched) return
    const watcher = new ResizeObserver(() => setWidth(watched.clientWidth))
    watcher.observe(watched)
    setWidth(watched.clientWidth)
    return () => watcher.disconnect()
  }, [element])
  return width
}
