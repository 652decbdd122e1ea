// What was handed over, as the place has it:
//
//   PREFIX/handovers/20261121T101500123Z-ID.json   the manifest, written last: without it nothing is
//                                                  there, so a half finished upload is never adopted
//   PREFIX/parts/ID/udp-0/0000000003-4194304.zst   pieces of spool files, packed, byte for byte
//
// A part keeps the file and the offset it had. Whoever puts the parts back has the same bytes at the
// same places, and the database's cursor for this spool means there what it meant here: that is what
// makes storing exactly once hold across nodes.
import * as v from 'valibot'
import type { LedgerCounts } from '#ledger'
import { laneDirectory } from '../lane-files.ts'
import type { Cursor } from '../record.ts'
import { SpoolError } from '../spool-error.ts'

export const HANDOVERS = 'handovers/'
const MANIFEST_FORMAT = 1
const MANIFEST_BYTES_MAX = 64 * 1024 ** 2

/** A piece of one spool file. */
export interface HandOverPart {
  readonly key: string
  readonly file: number
  readonly offset: number
  readonly bytes: number
  /** Of the bytes as they stand in the file. */
  readonly sha256: string
}

export interface HandOverLane {
  readonly lane: string
  /** Where the store had come to, as far as the node knew. The database may be further. */
  readonly from: Cursor
  /** Where what was handed over ends. */
  readonly to: Cursor
  /** The lane's counters there. */
  readonly intake: LedgerCounts
  readonly parts: readonly HandOverPart[]
}

export interface Manifest {
  readonly format: number
  readonly id: string
  readonly spoolId: string
  /** Who received it. */
  readonly node: string
  readonly version: string
  readonly at: string
  readonly frames: number
  readonly bytes: number
  /** False: time ran out, and what follows is on the node's disk only. */
  readonly isWhole: boolean
  /** Somebody decided to do without parts that are gone. */
  readonly isLossAccepted?: boolean
  readonly lanes: readonly HandOverLane[]
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const reasons = v.record(v.string(), count)
const cursor = v.object({ file: count, offset: count, records: count })
const part = v.object({
  key: v.pipe(v.string(), v.startsWith('parts/')),
  file: count,
  offset: count,
  bytes: v.pipe(count, v.maxValue(1024 ** 3)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
})
const lane = v.object({
  lane: v.pipe(v.string(), v.check(isLane, 'names no lane')),
  from: cursor,
  to: cursor,
  intake: v.object({ received: count, appended: count, rejected: reasons, dropped: reasons }),
  parts: v.array(part),
})
const shape = v.object({
  format: v.literal(MANIFEST_FORMAT),
  id: v.pipe(v.string(), v.uuid()),
  spoolId: v.pipe(v.string(), v.uuid()),
  node: v.string(),
  version: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
  frames: count,
  bytes: count,
  isWhole: v.boolean(),
  isLossAccepted: v.optional(v.boolean()),
  lanes: v.array(lane),
})

/** The key of a manifest: sorted by name they are sorted by age. */
export const manifestKey = ({ at, id }: Pick<Manifest, 'at' | 'id'>): string =>
  `${HANDOVERS}${at.replaceAll(/[-:.]/g, '')}-${id}.json`

export const partsOf = (id: string): string => `parts/${id}/`

export const partKey = (id: string, lane: string, file: number, offset: number): string =>
  `${partsOf(id)}${lane}/${String(file).padStart(10, '0')}-${offset}.zst`

export const renderManifest = (manifest: Omit<Manifest, 'format'>): Buffer =>
  Buffer.from(JSON.stringify({ format: MANIFEST_FORMAT, ...manifest }))

/** Reads a manifest. Throws SpoolError with what is wrong: it names paths that we are to write to. */
export function parseManifest(bytes: Buffer, key: string): Manifest {
  if (bytes.length > MANIFEST_BYTES_MAX) throw unreadable(key, `is ${bytes.length} bytes long`)
  const json = parseJson(bytes, key)
  const { format } = json as { format?: unknown }
  if (typeof format === 'number' && format > MANIFEST_FORMAT)
    throw new SpoolError(
      'SPOOL_NEWER_FORMAT',
      `the hand-over ${key} has format ${format}, this Calliope knows up to ${MANIFEST_FORMAT}: ` +
        'it waits for a node with the newer Calliope that wrote it',
    )
  const found = v.safeParse(shape, json)
  if (found.success) return found.output as Manifest
  const [issue] = found.issues
  throw unreadable(key, `has a bad ${v.getDotPath(issue) ?? 'shape'} (${issue.message})`)
}

function parseJson(bytes: Buffer, key: string): unknown {
  try {
    const json: unknown = JSON.parse(bytes.toString())
    if (typeof json === 'object' && json !== null) return json
  } catch {}
  throw unreadable(key, 'is not a JSON object')
}

const unreadable = (key: string, what: string): SpoolError =>
  new SpoolError(
    'SPOOL_UNREADABLE',
    `the hand-over ${key} ${what}: it is left alone; move it away, or restore it, by hand`,
  )

function isLane(name: string): boolean {
  try {
    return laneDirectory('/', name) !== ''
  } catch {
    return false
  }
}
