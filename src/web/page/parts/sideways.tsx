// What may be wider than the screen and then scrolls by itself. Reached by the keyboard, because
// whoever has no mouse could not scroll it otherwise (WCAG 2.1.1).
import type { ComponentChildren } from 'preact'

interface Props {
  readonly label: string
  readonly children: ComponentChildren
}

export function Sideways({ label, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="sideways" aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
