// Looks for spools that other nodes handed over, and stores one at a time as if it were their own.
//
//   every 30 s ± 20 %    manifests in the place ─▶ known to the database: they count as pending
//                        and, when this node has time: claim ─▶ fetch ─▶ store ─▶ done ─▶ delete
//
// A claim is a lease that is renewed while the work goes on; a node that dies leaves it to the next,
// which goes on from the cursor. This node's own packets come first: nothing is taken on while they wait.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { log as rootLog } from '#log'
import {
  fetchSpool,
  type HandOverPlace,
  type Manifest,
  removeHandOver,
  tryPlace,
  WaitingHandOvers,
} from '#spool'
import {
  adoptSpool,
  claimHandOver,
  connect,
  finishHandOver,
  forgetHandOvers,
  type LayoutOptions,
  readCursors,
  registerHandOver,
  releaseHandOver,
  type WriterOptions,
} from '#store'
import type { AdoptionCounts } from './adoption-counts.ts'

const log = rootLog.child({ room: 'commands', part: 'adoption' })

export interface AdopterOptions {
  readonly place: HandOverPlace
  readonly counts: AdoptionCounts
  /** Of the writer; the spool's id, directory and node are those of who handed it over. */
  readonly writer: Omit<WriterOptions, 'spoolId' | 'spoolDirectory' | 'node'> & LayoutOptions
  /** The layouts' names among a spool's readers. */
  readonly readers: readonly string[]
  readonly node: string
  /** Where adopted spools are fetched to. */
  readonly directory: string
  readonly everyMs: number
  /** Whether the database answers. */
  readonly canAsk: () => boolean
  /** Whether this node has time for others. */
  readonly hasTime: () => boolean
}

const LEASE_MS_MAX = 60_000
const LEASE_MS_MIN = 2_000
const FIRST_LOOK_MS_MAX = 2_000
const STORED_KEPT_MS = 30 * 86_400_000
const CLOSE_MS_MAX = 5_000

/** Adopts until closed. */
export class Adopter {
  readonly #options: AdopterOptions
  readonly #by: string
  readonly #leaseMs: number
  readonly #sql: ReturnType<typeof connect>
  readonly #waiting: WaitingHandOvers
  readonly #closing = new AbortController()
  readonly #running: Promise<void>

  constructor(options: AdopterOptions) {
    this.#options = options
    this.#by = `${options.node} ${crypto.randomUUID()}`
    this.#leaseMs = Math.min(LEASE_MS_MAX, Math.max(LEASE_MS_MIN, 3 * options.everyMs))
    this.#sql = connect({ url: options.writer.url, max: 1, application: 'calliope adoption' })
    this.#waiting = new WaitingHandOvers(options.place)
    rmSync(options.directory, { recursive: true, force: true }) // of a life that was killed
    this.#running = this.#run()
  }

  /** Leaves what is not finished to others. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.race([this.#running, sleep(CLOSE_MS_MAX, undefined, { ref: false })])
    await this.#sql.close({ timeout: 0 }).catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const rest = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
    await rest(Math.random() * Math.min(FIRST_LOOK_MS_MAX, this.#options.everyMs))
    while (!signal.aborted) {
      if (this.#options.canAsk()) await this.#look()
      await rest(this.#options.everyMs * (0.8 + 0.4 * Math.random()))
    }
  }

  async #look(): Promise<void> {
    try {
      const manifests = await this.#waiting.list()
      if (this.#options.counts.isPlaceGood === false)
        await tryHandOver(this.#options.place, this.#options.counts)
      await forgetHandOvers(this.#sql, STORED_KEPT_MS)
      const waiting: Manifest[] = []
      for (const manifest of manifests) if (await this.#note(manifest)) waiting.push(manifest)
      this.#options.counts.seen(manifests)
      for (const manifest of waiting) await this.#takeOn(manifest)
      if (waiting.length > 0) this.#options.counts.seen(manifests)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#options.counts.failed()
      log.warn({ error: String(error) }, 'could not look for packets that were handed over; later')
    }
  }

  /** Makes it known; false when there is nothing left to do about it. */
  async #note(manifest: Manifest): Promise<boolean> {
    const { storedAt } = await registerHandOver(this.#sql, manifest)
    this.#options.counts.progress(manifest, await readCursors(this.#sql, manifest.spoolId))
    // Stored by somebody who was killed before all was tidied up, or is at it.
    if (storedAt !== null) await removeHandOver(this.#options.place, manifest)
    return storedAt === null
  }

  async #takeOn(manifest: Manifest): Promise<void> {
    const { id } = manifest
    if (this.#closing.signal.aborted || !this.#options.hasTime()) return
    if (await claimHandOver(this.#sql, { id, by: this.#by, leaseMs: this.#leaseMs }))
      await this.#adopt(manifest)
  }

  async #adopt(manifest: Manifest): Promise<void> {
    const { id, node, frames } = manifest
    const facts = { handOver: id, from: node, frames, place: this.#options.place.name }
    log.info(facts, 'storing packets that another node handed over')
    const lease = this.#keepLease(id)
    let trouble: string | null = null
    try {
      if (await this.#store(manifest, lease.signal)) {
        await finishHandOver(this.#sql, id)
        this.#options.counts.adopted(manifest)
        await removeHandOver(this.#options.place, manifest)
        log.info(facts, 'stored packets that another node handed over')
      }
    } catch (error) {
      trouble = (error as Error).message
      this.#options.counts.failed()
      this.#waiting.forget(manifest)
      if (!lease.signal.aborted)
        log.error({ ...facts, error: trouble }, 'could not store them; later')
    } finally {
      lease.end()
      rmSync(join(this.#options.directory, id), { recursive: true, force: true })
    }
    await releaseHandOver(this.#sql, { id, by: this.#by, trouble })
  }

  async #store(manifest: Manifest, signal: AbortSignal): Promise<boolean> {
    const { place, writer } = this.#options
    const { spoolId, node } = manifest
    const directory = join(this.#options.directory, manifest.id)
    // homer7 has cursors of its own, and may be behind: what it lacks is found when it reads.
    const layouts = writer.layouts ?? []
    const cursors = layouts.length > 1 ? new Map() : await readCursors(this.#sql, spoolId)
    await fetchSpool({
      place,
      manifest,
      directory,
      cursors,
      readers: this.#options.readers,
      signal,
    })
    return await adoptSpool({
      ...{ sql: this.#sql, manifest, signal },
      writer: { ...writer, spoolId, node, spoolDirectory: directory },
    })
  }

  /** Says now and then that we are still at it; the signal tells when we may not go on. */
  #keepLease(id: string): { readonly signal: AbortSignal; end(): void } {
    const lost = new AbortController()
    let goodUntilMs = performance.now() + this.#leaseMs
    const renew = async () => {
      const askedMs = performance.now()
      const isOurs = await claimHandOver(this.#sql, { id, by: this.#by, leaseMs: this.#leaseMs })
      if (isOurs) goodUntilMs = askedMs + this.#leaseMs
      else lost.abort()
    }
    const timer = setInterval(() => {
      if (performance.now() > goodUntilMs) lost.abort()
      void renew().catch(() => undefined) // the database is away: the lease runs out
    }, this.#leaseMs / 4)
    timer.unref()
    const signal = AbortSignal.any([lost.signal, this.#closing.signal])
    return { signal, end: () => clearInterval(timer) }
  }
}

/** Whether a hand-over would work: a key that is wrong should be known before everything depends on it. */
export async function tryHandOver(place: HandOverPlace, counts: AdoptionCounts): Promise<void> {
  try {
    await tryPlace(place)
    counts.isPlaceGood = true
  } catch (error) {
    const { message } = error as Error
    if (counts.isPlaceGood !== false)
      log.error({ error: message }, 'packets could not be handed over if need be')
    counts.isPlaceGood = false
  }
}
