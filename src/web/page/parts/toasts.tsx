// Short words about what was just done, which go by themselves. What needs an answer is a dialog; what
// is wrong with something on the page stands beside it.
import { useEffect, useState } from 'preact/hooks'

interface Toast {
  readonly id: number
  readonly kind: 'ok' | 'failed'
  readonly text: string
}

const SHOWN_MS = 5_000
let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

const set = (next: readonly Toast[]) => {
  toasts = next
  for (const listener of listeners) listener()
}

/** Says something for a few seconds. */
export function toast(text: string, kind: Toast['kind'] = 'ok'): void {
  const id = nextId++
  set([...toasts.slice(-2), { id, kind, text }])
  setTimeout(() => set(toasts.filter((toast) => toast.id !== id)), SHOWN_MS)
}

/** Where they appear; the shell has one. */
export function Toasts() {
  const [shown, setShown] = useState(toasts)
  useEffect(() => {
    const listener = () => setShown(toasts)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, kind, text }) => (
        <p key={id} class={`toast ${kind}`}>
          {text}
        </p>
      ))}
    </div>
  )
}
