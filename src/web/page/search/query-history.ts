// What was searched for at this browser lately, newest first.
const KEY = 'calliope.history'
const KEPT_MAX = 30

/** The queries. */
export function queryHistory(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((q): q is string => typeof q === 'string') : []
  } catch {
    return []
  }
}

/** Puts one at the top. */
export function rememberQuery(q: string): void {
  if (q.trim() === '') return
  const kept = [q, ...queryHistory().filter((other) => other !== q)].slice(0, KEPT_MAX)
  localStorage.setItem(KEY, JSON.stringify(kept))
}
