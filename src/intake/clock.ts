// Microseconds since 1970. Date.now() has milliseconds only; performance.now() is finer but knows
// nothing of NTP steps. So the fine clock counts on from an anchor that is checked against the wall
// clock once a second and set anew when the two disagree.

const CHECK_MS = 1_000
const APART_MS_MAX = 5

let anchorMs = performance.timeOrigin
let checkedMs = 0

/** The time now in whole microseconds since 1970; never allocates. */
export function nowUs(): number {
  const fineMs = performance.now()
  if (fineMs - checkedMs > CHECK_MS) {
    checkedMs = fineMs
    const wallMs = Date.now()
    if (Math.abs(wallMs - (anchorMs + fineMs)) > APART_MS_MAX) anchorMs = wallMs - fineMs
  }
  return Math.trunc((anchorMs + fineMs) * 1_000)
}
