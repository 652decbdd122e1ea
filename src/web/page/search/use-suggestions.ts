// What to suggest in the query box: history while it is empty, fields and words at once, values from
// the server a moment after the last key.
import { useEffect, useState } from 'preact/hooks'
import type { RecentValue } from '#contract'
import { showCount } from '../parts/format.ts'
import { apiPath, fetchJson } from '../shell/fetch-json.ts'
import {
  askedField,
  knownSuggestions,
  type Place,
  quoted,
  type Suggestion,
} from './complete-query.ts'
import { queryHistory } from './query-history.ts'

const PAUSE_MS = 120
const HISTORY_SHOWN = 8
const SHOWN_MAX = 12

/** Asks only while the list is `open`. */
export function useSuggestions(q: string, place: Place, open: boolean): readonly Suggestion[] {
  const field = open ? askedField(place) : undefined
  const values = useValues(field, place.prefix)
  if (!open) return NONE
  const past = queryHistory()
    .filter((other) => other !== q && other.startsWith(q))
    .slice(0, q === '' ? HISTORY_SHOWN : 2)
    .map((text): Suggestion => ({ text, help: 'searched before', whole: true }))
  const known = knownSuggestions(place)
  const recent = values
    .filter(({ value }) => value !== place.prefix)
    .map(({ value, seen }) => suggestionOf(place, value, seen))
  return (q === '' ? [...past, ...known] : [...known, ...recent, ...past]).slice(0, SHOWN_MAX)
}

const NONE: readonly Suggestion[] = []

// Names of headers are fields, their values are values.
const suggestionOf = (place: Place, value: string, seen: number): Suggestion => ({
  text: place.kind === 'field' ? `header.${value}:` : quoted(value),
  help: seen > 0 ? `${showCount(seen)}×` : '',
})

function useValues(field: string | undefined, prefix: string): readonly RecentValue[] {
  const [answer, setAnswer] = useState<{ key: string; values: readonly RecentValue[] }>()
  const key = JSON.stringify([field, prefix])
  useEffect(() => {
    if (field === undefined) return
    const stop = new AbortController()
    const timer = setTimeout(async () => {
      const path = apiPath('values', { field, prefix })
      const asked = await fetchJson<{ values: readonly RecentValue[] }>(path, stop.signal)
      if (asked.kind === 'value') setAnswer({ key, values: asked.value.values })
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [key])
  // Values of another field would be wrong; there is nothing to do about a server that does not answer.
  return field !== undefined && answer?.key === key ? answer.values : []
}
