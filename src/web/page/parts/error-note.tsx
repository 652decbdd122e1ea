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

/** The query again with the mistake marked. */
export function QueryMark({ q, failure: { at, length } }: { q: string; failure: Failure }) {
  if (at === undefined || length === undefined) return null
  return (
    <code class="query-mark">
      {q.slice(0, at)}
      <mark>{q.slice(at, at + length) || ' '}</mark>
      {q.slice(at + length)}
    </code>
  )
}
