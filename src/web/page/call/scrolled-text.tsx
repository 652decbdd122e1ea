// Text in its own scrolling frame. It takes the focus, so that a keyboard can scroll it.
import type { ComponentChildren } from 'preact'

/** Text as it came, line breaks and all. */
export const ScrolledText = ({ children }: { children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <pre class="raw" tabIndex={0}>
    {children}
  </pre>
)
