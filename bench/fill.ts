// A spool full of calls, written as fast as the disk takes it, and a database full of them, stored by the
// real writer: for benchmarks that want much of either without waiting for a network.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TrafficRing } from '#fleet'
import { openLane, openSpool } from '#spool'
import { type Capture, startCapture } from './capture.ts'
import { progress } from './report.ts'
import { count } from './table.ts'

const YIELD_EVERY = 50_000
const STILL_MS_MAX = 30_000
const SPOOL_BYTES_MAX = 100e9

export interface FillOptions {
  /** The program's data directory; it must not be running. */
  readonly directory: string
  readonly ring: TrafficRing
  /** Ends at whichever comes first. */
  readonly messages: number
  readonly bytes?: number
  /** Agents' clocks run evenly from so long ago until `untilMs` ago. @default 5 µs a message, as at 200 k/s */
  readonly sinceMs?: number
  readonly untilMs?: number
}

/** Appends to the spool's lane udp-0. */
export async function fillSpool({
  directory,
  ring,
  messages,
  bytes = Number.POSITIVE_INFINITY,
  untilMs = 0,
  sinceMs = untilMs + (messages < Number.POSITIVE_INFINITY ? messages / 200 : 0),
}: FillOptions): Promise<{ messages: number; bytes: number }> {
  const spool = join(directory, 'spool')
  if (!existsSync(spool)) {
    mkdirSync(spool, { recursive: true })
    await (
      await openSpool({ directory: spool, bytesMax: SPOOL_BYTES_MAX, readers: ['store'] })
    ).close()
  }
  const lane = openLane({ directory: spool, lane: 'udp-0', bytesMax: SPOOL_BYTES_MAX })
  const nowUs = Date.now() * 1_000
  const stepUs = messages < Number.POSITIVE_INFINITY ? ((sinceMs - untilMs) * 1_000) / messages : 5
  let [written, writtenBytes] = [0, 0]
  while (written < messages && writtenBytes < bytes) {
    const frame = ring.frameAt(written, Math.floor(nowUs - sinceMs * 1_000 + written * stepUs))
    lane.append({
      receivedUs: Date.now() * 1_000,
      transport: 'udp',
      peerIp: '127.0.0.1',
      peerPort: 40_000,
      bytes: frame,
    })
    written += 1
    writtenBytes += frame.length
    if (written % YIELD_EVERY === 0) {
      progress(`${count(written)} messages in the spool, ${(writtenBytes / 1e9).toFixed(1)} GB`)
      await Bun.sleep(0)
    }
  }
  await lane.close()
  return { messages: written, bytes: writtenBytes }
}

/** Starts the program on a spool and waits until `messages` in all are stored. */
export async function startAndStore(
  { directory, database }: { directory: string; database: string },
  messages: number,
  flags: readonly string[] = [],
): Promise<Capture> {
  const capture = await startCapture({
    ...{ directory, database },
    flags: ['--spool-bytes-max', '100GB', ...flags],
  })
  await untilStored(capture, messages)
  return capture
}

/** Waits until the program has stored so many since it started; throws when it stands still. */
export async function untilStored(capture: Capture, messages: number): Promise<void> {
  let [before, movedAt] = [-1, performance.now()]
  for (;;) {
    const { stored, pending } = await capture.counts()
    if (stored >= messages && pending === 0) return
    if (stored !== before) [before, movedAt] = [stored, performance.now()]
    if (performance.now() - movedAt > STILL_MS_MAX) {
      const said = capture.program.lines.slice(-5).map((line) => JSON.stringify(line))
      throw new Error(
        `nothing stored for ${STILL_MS_MAX} ms (${stored} of ${messages}): ${said.join('\n')}`,
      )
    }
    progress(`${count(stored)} of ${count(messages)} stored`)
    await Bun.sleep(100)
  }
}
