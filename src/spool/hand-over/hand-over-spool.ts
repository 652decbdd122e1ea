// Hands over what the store has not passed: parts first, a few at once and in order, the manifest last.
//
//   seal ─▶ parts, packed, four at once ─▶ manifest ─▶ seal says handed over
//                    │
//                    └ time is up: the manifest names what is there without a gap from the cursor on,
//                      and the rest stays on the disk. Nothing is stored twice should the disk come
//                      back: the cursor in the database says who has stored what.
//
// Nobody may be writing to the spool, and no store be emptying it.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type LedgerCounts, ledgerCounts } from '#ledger'
import { listLanes } from '../lane-files.ts'
import type { Cursor } from '../record.ts'
import { type SpoolId, spoolIdFrom } from '../spool-id.ts'
import { ensureSpoolJson } from '../spool-json.ts'
import { type CutPart, cutParts, markOf } from './cut-parts.ts'
import {
  type HandOverLane,
  type HandOverPart,
  type Manifest,
  manifestKey,
  partKey,
  renderManifest,
} from './manifest.ts'
import type { HandOverPlace } from './place.ts'
import { breakSeal, writeSeal } from './seal.ts'

const AT_ONCE = 4
/** Of the time there is, what is kept for the manifest. */
const MANIFEST_SHARE = 0.1
const MANIFEST_MS_MAX = 5_000

export interface HandOverOptions {
  readonly directory: string
  readonly place: HandOverPlace
  readonly node: string
  readonly version: string
  /** Whose cursors count: what each of them has passed stays. @default the store's */
  readonly readers?: readonly string[]
  /** No more time than this. @default as long as it takes */
  readonly withinMs?: number
  /** Says when so many milliseconds are over. @default AbortSignal.timeout */
  readonly timeLimit?: (ms: number) => AbortSignal
  /** Hears of bytes as they arrive there. */
  readonly onProgress?: (bytes: number) => void
}

/** What became of it. */
export interface HandedOver {
  /** Undefined: there was nothing to hand over, or time for none of it. */
  readonly manifest: Manifest | undefined
  /** False: some of it is on the disk only. */
  readonly isWhole: boolean
}

/** Hands a spool over. Throws PlaceError, and the spool is then as it was. */
export async function handOverSpool(options: HandOverOptions): Promise<HandedOver> {
  const { directory, place } = options
  const at = new Date().toISOString()
  const seal = { id: crypto.randomUUID(), at, place: place.name }
  writeSeal(directory, { ...seal, state: 'sealed' })
  try {
    const handedOver = await upload(options, seal.id, at)
    if (handedOver.manifest === undefined || !handedOver.isWhole) breakSeal(directory)
    else writeSeal(directory, { ...seal, state: 'handed-over' })
    return handedOver
  } catch (error) {
    breakSeal(directory)
    throw error
  }
}

async function upload(options: HandOverOptions, id: string, at: string): Promise<HandedOver> {
  const { directory, place, node, version, withinMs = Number.POSITIVE_INFINITY } = options
  const { spoolId } = ensureSpoolJson(directory)
  const reserveMs = Math.min(MANIFEST_MS_MAX, withinMs * MANIFEST_SHARE)
  const uploader = new Uploader(options, spoolIdFrom(spoolId), id, withinMs - reserveMs)
  const { lanes, isWhole } = await uploader.run()
  if (lanes.length === 0) return { manifest: undefined, isWhole }
  const manifest = {
    ...{ id, spoolId, node, version, at, isWhole, lanes },
    frames: lanes.reduce((sum, { from, to }) => sum + to.records - from.records, 0),
    bytes: lanes.flatMap(({ parts }) => parts).reduce((sum, { bytes }) => sum + bytes, 0),
  }
  const limit = Number.isFinite(withinMs) ? limitOf(options, reserveMs + 1_000) : undefined
  await place.put(manifestKey(manifest), renderManifest(manifest), limit)
  return { manifest: { format: 1, ...manifest }, isWhole }
}

const limitOf = ({ timeLimit = AbortSignal.timeout }: HandOverOptions, ms: number): AbortSignal =>
  timeLimit(Math.max(0, Math.floor(ms)))

class Uploader {
  readonly #options: HandOverOptions
  readonly #spoolId: SpoolId
  readonly #id: string
  readonly #failed = new AbortController()
  readonly #timeUp: AbortSignal | undefined
  readonly #stopping: AbortSignal

  constructor(options: HandOverOptions, spoolId: SpoolId, id: string, withinMs: number) {
    this.#options = options
    this.#spoolId = spoolId
    this.#id = id
    this.#timeUp = Number.isFinite(withinMs) ? limitOf(options, withinMs) : undefined
    const signals = [this.#failed.signal, ...(this.#timeUp ? [this.#timeUp] : [])]
    this.#stopping = AbortSignal.any(signals)
  }

  async run(): Promise<{ lanes: HandOverLane[]; isWhole: boolean }> {
    const lanes: HandOverLane[] = []
    let isWhole = true
    for (const lane of listLanes(this.#options.directory)) {
      const done = await this.#runLane(lane)
      isWhole &&= done.isWhole
      if (done.lane) lanes.push(done.lane)
    }
    return { lanes, isWhole }
  }

  async #runLane(lane: string): Promise<{ lane?: HandOverLane; isWhole: boolean }> {
    const { directory, readers = ['store'] } = this.#options
    const from = markOf(directory, lane, readers)
    const sent: Sent[] = []
    const cut = cutParts(join(directory, lane), this.#spoolId, from)
    const work = async () => {
      for (let next = cut.next(); !next.done && !this.#stopping.aborted; next = cut.next()) {
        const one: Sent = { cut: withoutBytes(next.value), part: undefined }
        sent.push(one) // before anything is waited for: the order is the spool's
        one.part = await this.#send(lane, next.value)
      }
    }
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    } finally {
      cut.return()
    }
    // All of it was sent when nothing stopped us.
    return { ...laneOf(lane, from, sent), isWhole: !this.#stopping.aborted }
  }

  // Time running out is no failure: the part is simply not there.
  async #send(lane: string, { file, offset, bytes }: CutPart): Promise<HandOverPart | undefined> {
    const { place, onProgress } = this.#options
    const key = partKey(this.#id, lane, file, offset)
    try {
      const packed = await Bun.zstdCompress(bytes, { level: 1 })
      if (this.#stopping.aborted) return undefined
      await place.put(key, packed, this.#stopping)
      onProgress?.(bytes.length)
      return { key, file, offset, bytes: bytes.length, sha256: sha256Of(bytes) }
    } catch (error) {
      if (this.#timeUp?.aborted) return undefined
      this.#failed.abort()
      throw error
    }
  }
}

interface Sent {
  readonly cut: Omit<CutPart, 'bytes'>
  part: HandOverPart | undefined
}

const withoutBytes = ({ bytes: _, ...rest }: CutPart): Omit<CutPart, 'bytes'> => rest

export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

/** What a lane's parts are up to the first that did not arrive. */
function laneOf(lane: string, mark: Cursor, sent: readonly Sent[]): { lane?: HandOverLane } {
  const gap = sent.findIndex(({ part }) => part === undefined)
  const arrived = gap === -1 ? sent : sent.slice(0, gap)
  const last = arrived.at(-1)?.part
  if (last === undefined) return {}
  const first = arrived.find(({ cut }) => cut.firstFrame !== undefined)?.cut.firstFrame
  const isNew = mark.file === 0
  const from = isNew ? { ...mark, records: first ?? 0 } : mark
  const newest = arrived.findLast(({ cut }) => cut.newest !== undefined)?.cut.newest
  const to = {
    ...{ file: last.file, offset: last.offset + last.bytes },
    records: newest ? Math.max(from.records, newest.firstFrame + newest.frames) : from.records,
  }
  const parts = arrived.flatMap(({ part }) => part ?? [])
  return { lane: { lane, from, to, intake: countsOf(newest?.ledger, to.records), parts } }
}

/** Where no batch tells, what we know is that all of it was appended. */
const countsOf = (ledger: Float64Array | undefined, records: number): LedgerCounts =>
  ledger
    ? ledgerCounts(ledger)
    : { received: records, appended: records, rejected: {}, dropped: {} }
