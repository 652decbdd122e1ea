// Sending a form: busy while it is under way, and what was wrong with which field afterwards.
import { useState } from 'preact/hooks'
import { type Failure, sendJson } from '../shell/fetch-json.ts'

/** One form's state. */
export interface Form<Answer> {
  readonly busy: boolean
  readonly failure: Failure | undefined
  /** Sends; the answer, or undefined when it failed (`failure` says why). */
  send(body?: unknown): Promise<Answer | undefined>
}

/** A form for one route. */
export function useForm<Answer = unknown>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
): Form<Answer> {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  return {
    busy,
    failure,
    async send(body) {
      setBusy(true)
      const answer = await sendJson<Answer>(method, path, body)
      setBusy(false)
      setFailure(answer.kind === 'failure' ? answer.failure : undefined)
      return answer.kind === 'value' ? answer.value : undefined
    },
  }
}
