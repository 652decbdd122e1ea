/** '120 ms', '4.1 s', '34 s', '12 min 3 s', '2 h 5 min': as exact as anybody needs to hear it. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Milliseconds between two moments; 0 when one is missing or the clocks disagree. */
export function msBetween(fromUs: number | undefined, toUs: number | undefined): number {
  return fromUs === undefined || toUs === undefined ? 0 : Math.max(0, toUs - fromUs) / 1000
}
