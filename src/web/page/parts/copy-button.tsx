// Puts a text on the clipboard and says so.
import { useEffect, useState } from 'preact/hooks'

const SAID_MS = 1_500

/** `text` may be made only when it is asked for. */
export function CopyButton({
  text,
  label = 'Copy',
}: {
  text: string | (() => string)
  label?: string
}) {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), SAID_MS)
    return () => clearTimeout(timer)
  }, [done])
  // Only pages from this machine or over TLS may use the clipboard.
  if (!navigator.clipboard) return null
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
    setDone(true)
  }
  return (
    <button type="button" class="copy" onClick={() => void copy().catch(() => setDone(false))}>
      {done ? 'Copied' : label}
    </button>
  )
}
