// Shared call: to be built.
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'

/** Stands where the page will be. */
export function SharePage(_: PageProps) {
  useTitle('Shared call')
  return (
    <div class="page">
      <h1>Shared call</h1>
      <p class="muted">This page is not there yet.</p>
    </div>
  )
}
