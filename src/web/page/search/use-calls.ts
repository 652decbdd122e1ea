// The list of calls: pages of a search, and what live adds on top.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallPage, CallRow } from '#contract'
import { apiPath, type Failure, fetchJson } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { mergeCalls } from './merge-calls.ts'

/** The list as it stands, and how to get more of it. */
export interface CallList {
  readonly calls: readonly CallRow[]
  readonly failure: Failure | undefined
  readonly loading: boolean
  /** Whether anything was answered at all. */
  readonly answered: boolean
  readonly hasMore: boolean
  readonly more: () => void
  readonly add: (calls: readonly CallRow[]) => void
}

// Older pages and live calls, apart from the first page, which may be fetched again.
interface Extra {
  readonly calls: readonly CallRow[]
  readonly cursor: string | null | undefined
  readonly failure: Failure | undefined
}

const NO_EXTRA: Extra = { calls: [], cursor: undefined, failure: undefined }

/** The calls of a search; another search forgets them. */
export function useCalls(q: string, from: string, to: string, again: unknown): CallList {
  const query = { q, from, to }
  const path = apiPath('calls', query)
  const page = useAnswer<CallPage>(path, again)
  const [extra, setExtra] = useState(NO_EXTRA)
  const [loadingMore, setLoadingMore] = useState(false)
  // Stops a page under way when the search it belongs to is given up.
  const current = useRef(new AbortController())
  useEffect(() => {
    current.current = new AbortController()
    setExtra(NO_EXTRA)
    setLoadingMore(false)
    return () => current.current.abort()
  }, [path, again])
  const cursor = extra.cursor === undefined ? page.value?.nextCursor : extra.cursor
  const add = (calls: readonly CallRow[], next?: Partial<Extra>) =>
    setExtra((last) => ({ ...last, ...next, calls: mergeCalls(last.calls, calls) }))
  const more = async () => {
    if (!cursor || loadingMore) return
    setLoadingMore(true)
    const answer = await fetchJson<CallPage>(
      apiPath('calls', { ...query, cursor }),
      current.current.signal,
    )
    if (answer.kind === 'aborted') return
    setLoadingMore(false)
    if (answer.kind === 'failure') return add([], { failure: answer.failure })
    add(answer.value.calls, { cursor: answer.value.nextCursor, failure: undefined })
  }
  return {
    // After a failure the list is empty rather than old.
    calls: page.failure ? [] : mergeCalls(page.value?.calls ?? [], extra.calls),
    failure: page.failure ?? extra.failure,
    loading: page.loading || loadingMore,
    answered: page.value !== undefined || page.failure !== undefined,
    hasMore: cursor !== null && cursor !== undefined,
    more: () => void more(),
    add,
  }
}
