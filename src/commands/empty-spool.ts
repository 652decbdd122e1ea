// The end of a drain: everything in the spool goes into the database, and what will not get there in
// time goes where other nodes find it. Which of the two, and from when on, src/spool/hand-over says.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '#config'
import { log } from '#log'
import {
  chooseDrain,
  type HandOverPlace,
  handOverSpool,
  type Manifest,
  measurePlace,
  ShrinkRate,
  type Spool,
} from '#spool'
import { connect, registerHandOver, type Store } from '#store'

export interface EmptyOptions {
  readonly store: Store
  readonly spool: Spool
  readonly place: HandOverPlace | undefined
  readonly node: string
  readonly version: string
  /** The layouts' names among the spool's readers. */
  readonly readers: readonly string[]
  readonly timeoutMs: number
  /** Frames in the spool that are not stored, as counted here. */
  readonly pending: () => number
}

/** What is left when the time is over. */
export interface Left {
  /** On this disk only; undefined = there was no time to count. */
  readonly frames: number | undefined
  readonly handedOver?: Manifest | undefined
}

const LOOK_MS = 250
const STOP_MS_MAX = 1_500
const TELL_MS_MAX = 2_000
const KNOWN_AFTER_MS = 3_000
const LAST_TRY_SHARE = 0.1
/** Slow enough for a bad day, until it has been measured. */
const UPLOAD_BYTES_PER_SECOND = 1e6

/** Empties the spool within `timeoutMs`. */
export async function emptySpool(options: EmptyOptions): Promise<Left> {
  const { store, place, timeoutMs, pending } = options
  // Nothing to store: a database that never answered is no reason to wait for it.
  if (!store.isReady && pending() === 0) return { frames: 0 }
  const drained = store.drain({ deadlineMs: timeoutMs })
  if (!place) return await drained
  const endMs = performance.now() + timeoutMs
  const turning = new AbortController()
  const first = await Promise.race([drained, timeToHandOver(options, place, endMs, turning.signal)])
  turning.abort()
  if (first !== 'hand-over') return first
  // A batch that hangs may still be stored while we hand it over: the cursor sorts that out.
  await Promise.race([store.stopWriting(), sleep(STOP_MS_MAX, undefined, { ref: false })])
  return await handOver(options, place, endMs)
}

/** Resolves when it is time to hand over; never, when all will be stored. */
async function timeToHandOver(
  { store, spool, timeoutMs }: EmptyOptions,
  place: HandOverPlace,
  endMs: number,
  signal: AbortSignal,
): Promise<'hand-over'> {
  const stored = new ShrinkRate()
  let uploadBytesPerSecond = UPLOAD_BYTES_PER_SECOND
  let isRefused = false
  void measurePlace(place, AbortSignal.timeout(timeoutMs)).then(
    (measured) => {
      uploadBytesPerSecond = measured
    },
    (error: Error) => {
      isRefused = true
      log.error({ error: error.message }, 'what is left will hardly be handed over')
    },
  )
  // Neither way's speed is known at once, and a guess would send away what is stored in a moment.
  const knownMs = performance.now() + Math.min(KNOWN_AFTER_MS, timeoutMs * 0.15)
  while (!signal.aborted) {
    const leftBytes = spool.usage().backlogBytes
    const remainingMs = endMs - performance.now()
    stored.note(leftBytes)
    const storeBytesPerSecond = store.trouble === undefined ? stored.bytesPerSecond : 0
    const rates = { storeBytesPerSecond, uploadBytesPerSecond }
    if (performance.now() < knownMs) {
      await sleep(LOOK_MS / 2, undefined, { signal }).catch(() => undefined)
      continue
    }
    // A place that refused once is tried again at the very end only.
    const choice = isRefused
      ? remainingMs < timeoutMs * LAST_TRY_SHARE
      : chooseDrain({ leftBytes, remainingMs, timeoutMs, ...rates }) === 'hand-over'
    if (choice) return 'hand-over'
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
  return new Promise(() => {})
}

async function handOver(
  { spool, node, version, readers, pending }: EmptyOptions,
  place: HandOverPlace,
  endMs: number,
): Promise<Left> {
  const left = pending()
  log.warn({ left, place: place.name }, 'draining: no time to store the rest, handing it over')
  try {
    const withinMs = Math.max(0, endMs - performance.now())
    const { manifest, isWhole } = await handOverSpool({
      ...{ directory: spool.directory, place, node, version, readers, withinMs },
    })
    const handedOver = manifest?.frames ?? 0
    return { frames: isWhole ? 0 : Math.max(0, left - handedOver), handedOver: manifest }
  } catch (error) {
    log.error({ error: (error as Error).message }, 'the rest of the spool could not be handed over')
    return { frames: left }
  }
}

/** What is in the bucket counts as pending from now on, and not only when somebody has looked there. */
export async function tellDatabase(url: string, manifest: Manifest): Promise<void> {
  const sql = connect({ url, max: 1, application: 'calliope hand-over', connectSecondsMax: 2 })
  try {
    await Promise.race([
      registerHandOver(sql, manifest),
      sleep(TELL_MS_MAX, undefined, { ref: false }),
    ])
  } catch (error) {
    log.warn({ error: String(error) }, 'the database does not know of the hand-over yet')
  } finally {
    await sql.close({ timeout: 0 })
  }
}

/** Exit code when packets are left. */
const EXIT_LEFT = 3

/** The last word: how much is left and where. Returns the exit code. */
export function tellLeft(
  { frames, handedOver }: Left,
  directory: string,
  place: HandOverPlace | undefined,
): number {
  if (handedOver) {
    const { id, frames: handed } = handedOver
    log.warn(
      { handedOver: handed, handOver: id, place: place?.name },
      `${handed} packets were handed over to ${place?.name}; another node stores them`,
    )
  }
  if (frames !== 0)
    log.error(
      { left: frames, directory },
      `${frames ?? 'some'} packets are left in ${directory}; start a node on that directory to store them`,
    )
  return frames === 0 && !handedOver ? 0 : EXIT_LEFT
}

/** What a machine that is reclaimed may need itself to stop. */
const MACHINE_MS = 5_000

/** How long to go on receiving, and how long emptying may take; less when the machine goes at `byMs`. */
export function drainTimes(
  { 'drain.wait': waitMs, 'drain.timeout': timeoutMs }: Config,
  byMs: number,
): { readonly waitMs: number; readonly timeoutMs: number } {
  const allMs = Math.max(0, byMs - Date.now() - MACHINE_MS)
  if (waitMs + timeoutMs <= allMs) return { waitMs, timeoutMs }
  const shorterWaitMs = Math.min(waitMs, allMs / 4)
  return { waitMs: shorterWaitMs, timeoutMs: Math.min(timeoutMs, allMs - shorterWaitMs) }
}
