// A button for what cannot be undone: the first press asks, the second does it.
import { useEffect, useState } from 'preact/hooks'
import { toast } from '../parts/toasts.tsx'
import { useForm } from './use-form.ts'

const ASKS_MS = 4_000

interface Props {
  readonly label: string
  /** What is deleted. */
  readonly path: string
  readonly done: () => void
  readonly danger?: boolean
  readonly disabled?: boolean
}

/** DELETE, after asking. */
export function SureButton({ label, path, done, danger, disabled }: Props) {
  const [asks, setAsks] = useState(false)
  const form = useForm('DELETE', path)
  useEffect(() => {
    if (!asks) return
    const timer = setTimeout(() => setAsks(false), ASKS_MS)
    return () => clearTimeout(timer)
  }, [asks])
  const failed = form.failure?.message
  useEffect(() => {
    if (failed) toast(failed, 'failed')
  }, [failed])
  const press = async () => {
    if (!asks) return setAsks(true)
    setAsks(false)
    if (await form.send()) done()
  }
  return (
    <button
      type="button"
      class={danger ? 'danger' : ''}
      disabled={disabled || form.busy}
      onClick={() => void press()}
    >
      {asks ? `${label}: sure?` : label}
    </button>
  )
}
