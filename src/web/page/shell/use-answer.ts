// Asking the API from a component: asks when the path changes, forgets what was asked before, and
// keeps the last value while the next is on its way, marked as loading so that it can be dimmed.
import { useEffect, useState } from 'preact/hooks'
import { type Failure, fetchJson } from './fetch-json.ts'

/** What is known of an answer so far. */
export interface Asked<Value> {
  readonly value: Value | undefined
  readonly failure: Failure | undefined
  readonly loading: boolean
}

// Only for a server that is away: any other failure would be the same again.
const RETRY_MS = 1_500

/** `path` undefined asks nothing; `again` changes to ask the same once more. */
export function useAnswer<Value>(path: string | undefined, again: unknown = 0): Asked<Value> {
  const [asked, setAsked] = useState<Asked<Value> & { path?: string | undefined }>(NOTHING)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (path === undefined) return setAsked(NOTHING)
    const stop = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    setAsked((last) => ({ ...(last.path === path ? last : NOTHING), path, loading: true }))
    void fetchJson<Value>(path, stop.signal).then((answer) => {
      if (answer.kind === 'aborted') return
      if (answer.kind === 'value')
        return setAsked({ path, value: answer.value, failure: undefined, loading: false })
      setAsked({ path, value: undefined, failure: answer.failure, loading: false })
      if (answer.failure.code === 'server_unreachable')
        retry = setTimeout(() => setAttempt((n) => n + 1), RETRY_MS)
    })
    return () => {
      stop.abort()
      clearTimeout(retry)
    }
    // `again` and `attempt` change nothing in here: they ask once more.
  }, [path, again, attempt])
  // The old answer to the same question stays in sight, dimmed; that to another one would be a lie, even
  // until the effect has run: who works by keys would put the focus on what goes away at once.
  return asked.path === path ? asked : path === undefined ? NOTHING : UNDER_WAY
}

const NOTHING = { value: undefined, failure: undefined, loading: false }
const UNDER_WAY = { ...NOTHING, loading: true }
