// Stores a spool that another node received: the same writer, with that spool's own id and so with its
// own cursor. What was stored before is not stored again, whoever stored it; what this node does not
// finish, the next one goes on with.
import type { SQL } from 'bun'
import { log as rootLog } from '#log'
import type { Manifest } from '#spool'
import { type LayoutOptions, LayoutWriters } from '../layouts.ts'
import type { WriterOptions } from '../write/writer.ts'
import { lanesBehind, writeOff } from './hand-over-rows.ts'

const log = rootLog.child({ room: 'store', part: 'adoption' })

export interface AdoptOptions {
  readonly sql: SQL
  readonly manifest: Manifest
  /** Of the writer, with the adopted spool's id, directory and node. */
  readonly writer: WriterOptions & LayoutOptions
  /** Ends it where it is. */
  readonly signal: AbortSignal
}

/** Stores it; false when the signal came first. Throws when less could be read than was handed over. */
export async function adoptSpool({
  sql,
  manifest,
  writer,
  signal,
}: AdoptOptions): Promise<boolean> {
  const { layouts, homer7, ...options } = writer
  const running = new LayoutWriters(options, {
    ...(layouts ? { layouts } : {}),
    homer7: homer7 && { ...homer7, rotate: false }, // the node's own writer does that
  })
  running.start()
  const stopped = Promise.withResolvers<false>()
  const stop = () => stopped.resolve(false)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const isDrained = await Promise.race([running.drain().then(() => true), stopped.promise])
    if (!isDrained || signal.aborted) return false
  } finally {
    signal.removeEventListener('abort', stop)
    await running.close()
  }
  const behind = await lanesBehind(sql, manifest)
  if (behind.length === 0) return true
  const frames = behind.reduce((sum, lane) => sum + lane.frames, 0)
  if (!manifest.isLossAccepted) {
    throw new Error(
      `${frames} packets of hand-over ${manifest.id} (${behind.map(({ lane }) => lane).join(', ')}) ` +
        `could not be read; calliope hand-over accept-loss ${manifest.id} counts them as lost and ends it`,
    )
  }
  await writeOff(sql, manifest)
  log.error(
    { handOver: manifest.id, frames },
    'packets of a hand-over are lost, as somebody accepted',
  )
  return true
}
