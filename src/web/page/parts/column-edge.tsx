// The right edge of a column's head: dragged it makes the column wider or narrower, by mouse, finger
// or arrow keys.
import { useRef } from 'preact/hooks'

const WIDTH_PX_MIN = 48
const WIDTH_PX_MAX = 900
const STEP_PX = 16

interface Props {
  readonly widthPx: number
  readonly resize: (widthPx: number) => void
}

/** A handle. */
export function ColumnEdge({ widthPx, resize }: Props) {
  const start = useRef<{ x: number; width: number } | undefined>(undefined)
  const to = (px: number) => resize(Math.round(Math.min(WIDTH_PX_MAX, Math.max(WIDTH_PX_MIN, px))))
  return (
    <i
      class="column-edge"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { x: event.clientX, width: widthPx }
      }}
      onPointerMove={(event) => {
        if (start.current) to(start.current.width + event.clientX - start.current.x)
      }}
      onPointerUp={() => {
        start.current = undefined
      }}
      onDblClick={() => to(widthPx + STEP_PX)}
    />
  )
}
