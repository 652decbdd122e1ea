// A window over the page. The browser's own dialog element keeps the focus inside, closes on Esc and
// gives the focus back.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface Props {
  readonly title: string
  readonly close: () => void
  readonly children: ComponentChildren
}

/** Open for as long as it is rendered. */
export function Dialog({ title, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it, by the browser
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      onClose={close}
      // The backdrop belongs to the dialog: a click that hits nothing inside hits that.
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="dialog-body">
        <header>
          <h2>{title}</h2>
          <button type="button" class="quiet" onClick={close} aria-label="Close">
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
