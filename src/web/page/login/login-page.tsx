// Log in: to be built.
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'

/** Stands where the page will be. */
export function LoginPage(_: PageProps) {
  useTitle('Log in')
  return (
    <div class="page">
      <h1>Log in</h1>
      <p class="muted">This page is not there yet.</p>
    </div>
  )
}
