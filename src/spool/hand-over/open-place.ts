// From the URL of the setting to the place behind it.
import { randomBytes } from 'node:crypto'
import { openFilePlace } from './file-place.ts'
import type { HandOverPlace } from './place.ts'
import { openS3Place, type S3Credentials } from './s3-place.ts'

export interface PlaceOptions {
  /** `s3://BUCKET/PREFIX` or `file:///PATH`. */
  readonly url: string
  readonly endpoint?: string
  readonly region?: string
  readonly credentials: () => Promise<S3Credentials>
}

/** Opens a place; nothing is asked of it yet. */
export function openPlace({ url, ...options }: PlaceOptions): HandOverPlace {
  const { protocol, hostname: bucket, pathname } = new URL(url)
  if (protocol === 'file:') return openFilePlace(decodeURIComponent(pathname).replace(/\/$/, ''))
  const path = pathname.replace(/^\/+|\/+$/g, '')
  return openS3Place({ ...options, bucket, prefix: path === '' ? '' : `${path}/` })
}

/** Writes and removes a small object: what a hand-over will need, found out before it is needed. */
export async function tryPlace(place: HandOverPlace): Promise<void> {
  const key = `tried/${crypto.randomUUID()}`
  await place.put(key, Buffer.from('calliope tries whether it may write here\n'))
  await place.remove(key)
}

const MEASURE_BYTES = 1024 ** 2

/** How fast the place takes bytes as they stand in the spool, one request at a time. */
export async function measurePlace(place: HandOverPlace, signal?: AbortSignal): Promise<number> {
  const key = `tried/${crypto.randomUUID()}`
  const startedMs = performance.now()
  await place.put(key, randomBytes(MEASURE_BYTES), signal)
  const tookMs = Math.max(1, performance.now() - startedMs)
  await place.remove(key)
  // Four at once, and SIP packs to a fifth: that much more than one request of noise, by caution twice.
  return (2 * MEASURE_BYTES * 1_000) / tookMs
}
