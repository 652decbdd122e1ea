// Lanes that nobody writes to any more, with what they counted.
import type { Config } from '#config'
import { openLane, type Spool } from '#spool'
import type { LiveLane } from '#store'
import { laneStorage } from './node-options.ts'

/** Lanes of earlier runs, with more shards or other transports: what they counted still counts. */
export function retiredLanes(
  config: Config,
  { id: spoolId, directory, lanes }: Spool,
  open: readonly { readonly lane: string }[],
): LiveLane[] {
  const isOpen = new Set(open.map(({ lane }) => lane))
  return lanes()
    .filter((lane) => !isOpen.has(lane))
    .map((lane) => {
      const writer = openLane({ ...laneStorage(config, directory), lane })
      void writer.close()
      return { spoolId, lane, counts: writer.ledger.counts() }
    })
}
