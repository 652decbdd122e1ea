// What went wrong, at the place where it did.
import type { Failure } from '../shell/fetch-json.ts'

/** The message, and what to do about it. */
export function ErrorNote({ failure }: { failure: Failure }) {
  return (
    <p class="error" role="alert">
      <strong>{failure.message}</strong> {failure.hint}
    </p>
  )
}
