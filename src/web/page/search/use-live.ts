// The live stream while it is listened to. Calls come faster than anybody can read: they are collected
// and handed over a few times a second.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallRow } from '#contract'
import { apiPath } from '../shell/fetch-json.ts'

const HAND_MS = 150

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
    let timer: ReturnType<typeof setTimeout> | undefined
    const hand = () => {
      timer = undefined
      handlers.current.onCalls(waiting.splice(0))
    }
    const stream = new EventSource(apiPath('live', { q }))
    stream.addEventListener('open', () => {
      setState({ kind: 'on', skipped: 0 })
      handlers.current.onOpen()
    })
    stream.addEventListener('call', ({ data }) => {
      waiting.push(JSON.parse(data))
      timer ??= setTimeout(hand, HAND_MS)
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
      clearTimeout(timer)
    }
  }, [on, q])
  return state
}
