// The live stream while it is switched on. Calls come faster than a screen can draw: they are
// collected and handed over at most once a frame.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallRow } from '#contract'
import { apiPath } from '../shell/fetch-json.ts'

/** How the stream is. */
export type LiveState =
  | { readonly kind: 'off' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'on'; readonly skipped: number }

/** Listens while `on`; `onOpen` comes at each connection, the first included. */
export function useLive(
  on: boolean,
  q: string,
  onCalls: (calls: readonly CallRow[]) => void,
  onOpen: () => void,
): LiveState {
  const [state, setState] = useState<LiveState>({ kind: 'off' })
  const handlers = useRef({ onCalls, onOpen })
  handlers.current = { onCalls, onOpen }
  useEffect(() => {
    if (!on) return setState({ kind: 'off' })
    setState({ kind: 'connecting' })
    const waiting: CallRow[] = []
    let frame = 0
    // A hidden tab gets no frames, so the list grows there when it is looked at again.
    const hand = () => {
      frame = 0
      handlers.current.onCalls(waiting.splice(0))
    }
    const stream = new EventSource(apiPath('live', { q }))
    stream.addEventListener('open', () => {
      setState({ kind: 'on', skipped: 0 })
      handlers.current.onOpen()
    })
    stream.addEventListener('call', ({ data }) => {
      waiting.push(JSON.parse(data))
      frame ||= requestAnimationFrame(hand)
    })
    // Added up since the stream was opened, until the next search shows everything.
    stream.addEventListener('skipped', ({ data }) => {
      const { count } = JSON.parse(data)
      setState((last) => ({ kind: 'on', skipped: (last.kind === 'on' ? last.skipped : 0) + count }))
    })
    // The browser connects again by itself, and `onOpen` fetches what was stored in between.
    stream.addEventListener('error', () => setState({ kind: 'connecting' }))
    return () => {
      stream.close()
      cancelAnimationFrame(frame)
    }
  }, [on, q])
  return state
}
