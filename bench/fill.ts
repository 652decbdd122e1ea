// A spool full of calls, written as fast as the disk takes it: for benchmarks that want a large
// database or a large backlog without waiting for a network.

import type { TrafficRing } from '#fleet'
import { openLane } from '#spool'

const YIELD_EVERY = 50_000

export interface FillOptions {
  /** The spool's directory. */
  readonly directory: string
  readonly ring: TrafficRing
  /** Ends at whichever comes first. */
  readonly messages: number
  readonly bytes?: number
  /** Agents' clocks run evenly from so long ago until now. @default 5 µs a message, as at 200 k/s */
  readonly sinceMs?: number
}

/** Appends to lane udp-0, which must not be open elsewhere. */
export async function fillSpool({
  directory,
  ring,
  messages,
  bytes = Number.POSITIVE_INFINITY,
  sinceMs = messages < Number.POSITIVE_INFINITY ? messages / 200 : 0,
}: FillOptions): Promise<{ messages: number; bytes: number }> {
  const lane = openLane({ directory, lane: 'udp-0', bytesMax: 100e9 })
  const endUs = Date.now() * 1_000
  const stepUs = sinceMs > 0 ? (sinceMs * 1_000) / messages : 5
  let [written, writtenBytes] = [0, 0]
  while (written < messages && writtenBytes < bytes) {
    const atUs = Math.floor(endUs - sinceMs * 1_000 + written * stepUs)
    const frame = ring.frameAt(written, atUs)
    lane.append({
      receivedUs: Date.now() * 1_000,
      transport: 'udp',
      peerIp: '127.0.0.1',
      peerPort: 40_000,
      bytes: frame,
    })
    written += 1
    writtenBytes += frame.length
    if (written % YIELD_EVERY === 0) await Bun.sleep(0)
  }
  await lane.close()
  return { messages: written, bytes: writtenBytes }
}
