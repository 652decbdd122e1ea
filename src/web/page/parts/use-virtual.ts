// Which rows of a long list are in sight, by @tanstack/virtual-core, which knows no framework.

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core'
import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

interface Options {
  readonly count: number
  readonly rowPx: number
  /** Height of what sticks to the top inside the list. */
  readonly headPx: number
  /** Rows drawn beyond both edges. @default 12 */
  readonly overscan?: number
  /** Where to begin, when the list was looked at before. */
  readonly offsetPx?: number
}

/** The rows to draw, how high the whole is, and a way to bring one into sight. */
export interface Virtual {
  readonly items: readonly VirtualItem[]
  readonly totalPx: number
  readonly show: (index: number) => void
}

/** Rows of one height inside `scroller`. */
export function useVirtual(
  scroller: RefObject<HTMLElement | null>,
  { count, rowPx, headPx, overscan = 12, offsetPx = 0 }: Options,
): Virtual {
  const [, redraw] = useState(0)
  const options = {
    ...{ count, overscan, scrollToFn: elementScroll, observeElementRect, observeElementOffset },
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    initialOffset: offsetPx,
    scrollPaddingStart: headPx,
    // Before the first measurement something has to be drawn, or nothing ever is in a test's eye.
    initialRect: { width: 0, height: 800 },
    onChange: () => redraw((n) => n + 1),
  }
  const made = useRef<Virtualizer<HTMLElement, HTMLElement> | undefined>(undefined)
  made.current ??= new Virtualizer<HTMLElement, HTMLElement>(options)
  const virtualizer = made.current
  virtualizer.setOptions(options)
  useEffect(() => virtualizer._didMount(), [virtualizer])
  useLayoutEffect(() => virtualizer._willUpdate())
  // Rows of another height (a phone turned round) are measured anew.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowPx])
  return {
    items: virtualizer.getVirtualItems(),
    totalPx: virtualizer.getTotalSize(),
    show: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  }
}
