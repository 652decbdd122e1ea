// Follows the nodes of a destination as they come and go: asks every now and then and says when the
// answer is another one. While nobody can tell, those that were known stay: an outage of the directory
// must not become an outage of the relay.

import { pause } from '#backoff'
import { log as rootLog } from '#log'
import type { Destination } from '../destination.ts'
import { type FinderOptions, findNodes } from './find-nodes.ts'

const log = rootLog.child({ room: 'relay' })

export interface FollowOptions extends FinderOptions {
  /** @default 5000 */
  readonly everyMs?: number
  readonly onNodes: (targets: readonly string[]) => void
}

/** Asks once, then goes on until `close`. The first answer has been told when it resolves, if there was one. */
export async function followNodes(
  { name, scheme, origins }: Destination,
  { everyMs = 5_000, onNodes, ...finder }: FollowOptions,
): Promise<{ close(): Promise<void> }> {
  const closing = new AbortController()
  let known = ''
  let trouble = ''
  const look = async () => {
    const found = await Promise.allSettled(
      origins.map((origin) => findNodes(scheme, origin, finder)),
    )
    const failed = found.find((each) => each.status === 'rejected')
    if (failed) {
      const why = String(failed.reason?.message ?? failed.reason)
      if (why !== trouble)
        log.warn({ destination: name, why }, 'the nodes cannot be looked up; those known stay')
      trouble = why
      return
    }
    trouble = ''
    const targets = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    const all = [...new Set(targets)].sort()
    if (all.join() === known || closing.signal.aborted) return
    known = all.join()
    onNodes(all)
  }
  const isFixed = origins.every(({ kind }) => kind === 'address')
  await look()
  const loop = async () => {
    while (!isFixed && !closing.signal.aborted) {
      await pause(everyMs, closing.signal)
      if (!closing.signal.aborted) await look()
    }
  }
  const running = loop()
  return {
    close: async () => {
      closing.abort()
      await running
    },
  }
}
