// The bounds of the setup-time histogram in kpi_minutes.setup_ms_histogram: one count per bound, the
// last for everything slower. Written by the writer, read by kpi(). Stored counts have no bounds
// beside them, so this list may only change together with a migration of that column.

/** Upper bounds in ms, each included in its bucket: 50 ms counts in the first, 50.001 ms in the second. */
export const SETUP_MS_BOUNDS: readonly number[] = [
  50,
  100,
  200,
  300,
  500,
  750,
  1_000,
  1_500,
  2_000,
  3_000,
  4_000,
  5_000,
  7_500,
  10_000,
  15_000,
  30_000,
  Number.POSITIVE_INFINITY,
]

/** Which bucket a setup time counts in. */
export function setupBucketOf(setupMs: number): number {
  return SETUP_MS_BOUNDS.findIndex((boundMs) => setupMs <= boundMs)
}
