// Log lines about peers. Whoever can connect can make us log, so there are at most so many a minute;
// the next line then says how many were left out. Counters have them all.
import { log } from '#log'

const LINES_PER_MINUTE_MAX = 20
const MINUTE_MS = 60_000

/** A connection that was turned away or cut. */
export interface PeerWarning {
  readonly atMs: number
  readonly peer: string
  readonly transport: string
  readonly why: string
}

let onWarning: (warning: PeerWarning) => void = () => {}

/** Has each line that is logged handed on as well; one listener a thread. */
export function hearPeerWarnings(listener: (warning: PeerWarning) => void): void {
  onWarning = listener
}

let windowBeganMs = Number.NEGATIVE_INFINITY
let lines = 0
let leftOut = 0

/** Warns about a peer by its address, at most LINES_PER_MINUTE_MAX times a minute. */
export function warnOfPeer(peer: string, transport: string, message: string): void {
  const nowMs = performance.now()
  if (nowMs - windowBeganMs >= MINUTE_MS) {
    windowBeganMs = nowMs
    lines = 0
  }
  if (++lines > LINES_PER_MINUTE_MAX) {
    leftOut++
    return
  }
  const also = leftOut > 0 ? ` (${leftOut} earlier lines of this kind left out)` : ''
  leftOut = 0
  log.warn({ room: 'intake', peer, transport }, `${message}${also}`)
  onWarning({ atMs: Date.now(), peer, transport, why: message })
}
