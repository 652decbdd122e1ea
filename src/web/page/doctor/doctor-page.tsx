// Ingest: to be built.
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'

/** Stands where the page will be. */
export function DoctorPage(_: PageProps) {
  useTitle('Ingest')
  return (
    <div class="page">
      <h1>Ingest</h1>
      <p class="muted">This page is not there yet.</p>
    </div>
  )
}
