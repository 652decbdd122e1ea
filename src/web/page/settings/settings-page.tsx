// Settings: to be built.
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'

/** Stands where the page will be. */
export function SettingsPage(_: PageProps) {
  useTitle('Settings')
  return (
    <div class="page">
      <h1>Settings</h1>
      <p class="muted">This page is not there yet.</p>
    </div>
  )
}
