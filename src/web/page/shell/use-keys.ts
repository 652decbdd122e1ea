// Keys for hands that stay on the keyboard. They do nothing while something is being typed, and
// never take a key from the browser that comes with Ctrl, Alt or Meta.
import { useEffect, useRef } from 'preact/hooks'

/** By `KeyboardEvent.key`. */
export type Keys = Readonly<Record<string, () => void>>

/** Listens while the component is there; undefined listens to nothing. */
export function useKeys(keys: Keys | undefined): void {
  // One listener for as long as the component is there; what the keys mean changes at every render.
  const current = useRef(keys)
  current.current = keys
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
      // A dialog over the page has the keys to itself.
      if (document.querySelector('dialog[open]')) return
      if (isTyping(event.target)) {
        if (event.key === 'Escape') (event.target as HTMLElement).blur()
        return
      }
      // Enter on a link or a button is that link's or button's own.
      if (
        event.key === 'Enter' &&
        event.target instanceof Element &&
        event.target.closest('a,button')
      )
        return
      // Keys nobody listens to stay the browser's.
      const action = current.current?.[event.key]
      if (!action) return
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input,textarea,select') !== null
