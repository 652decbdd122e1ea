// Puts a spool that was handed over back on a disk: the same bytes in the same files at the same places,
// from where the database says it has come to. All of it is here before anybody reads: a reader whose
// cursor is moved on by somebody else then never stands behind the end of what there is.
import { constants } from 'node:fs'
import { mkdir, open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { log } from '#log'
import { laneDirectory, laneFileName } from '../lane-files.ts'
import type { Cursor } from '../record.ts'
import { SPOOL_FORMAT, writeSpoolJson } from '../spool-json.ts'
import { sha256Of } from './hand-over-spool.ts'
import type { HandOverPart, Manifest } from './manifest.ts'
import { type HandOverPlace, PlaceError } from './place.ts'

const AT_ONCE = 4
/** What must stay free for the node's own spool. */
const FREE_BYTES_MIN = 256 * 1024 ** 2

export interface FetchOptions {
  readonly place: HandOverPlace
  readonly manifest: Manifest
  /** An empty or missing directory. */
  readonly directory: string
  /** Where the database says each lane stands; parts before that are left where they are. */
  readonly cursors: ReadonlyMap<string, Cursor>
  /** Who will read it. @default the store */
  readonly readers?: readonly string[]
  readonly signal?: AbortSignal
}

/** Fetches it. Throws PlaceError when a part is missing, changed, or has no room here. */
export async function fetchSpool(options: FetchOptions): Promise<void> {
  const { manifest, directory, cursors } = options
  const wanted = manifest.lanes.flatMap(({ lane, parts }) =>
    parts.filter((part) => !isPassed(part, cursors.get(lane))).map((part) => ({ lane, part })),
  )
  await mkdir(directory, { recursive: true })
  await checkRoom(
    directory,
    wanted.reduce((sum, { part }) => sum + part.bytes, 0),
  )
  writeSpoolJson(directory, {
    ...{ formatVersion: SPOOL_FORMAT, spoolId: manifest.spoolId, createdAt: manifest.at },
    readers: options.readers ?? ['store'],
  })
  for (const { lane } of manifest.lanes)
    await mkdir(laneDirectory(directory, lane), { recursive: true })
  const queue = wanted.values()
  const work = async () => {
    for (const { lane, part } of queue) await fetchPart(options, lane, part)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

const isPassed = ({ file, offset, bytes }: HandOverPart, cursor: Cursor | undefined): boolean =>
  cursor !== undefined &&
  (file < cursor.file || (file === cursor.file && offset + bytes <= cursor.offset))

async function checkRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory)
  if (bavail * bsize >= bytes + FREE_BYTES_MIN) return
  throw new PlaceError(
    `${directory} has ${bavail * bsize} bytes free and the hand-over needs ${bytes} and ` +
      `${FREE_BYTES_MIN} to spare: it waits for a node with more room`,
    true,
  )
}

async function fetchPart(options: FetchOptions, lane: string, part: HandOverPart): Promise<void> {
  const { directory, signal } = options
  signal?.throwIfAborted()
  const bytes = await readPart(options, part)
  if (bytes === undefined) return // a hole, which the reader counts as a loss
  const path = join(laneDirectory(directory, lane), laneFileName(part.file))
  const file = await open(path, constants.O_RDWR | constants.O_CREAT)
  try {
    await file.write(bytes, 0, bytes.length, part.offset)
  } finally {
    await file.close()
  }
}

/** Undefined when it cannot be had and somebody decided to do without. */
async function readPart(
  { place, manifest, signal }: FetchOptions,
  part: HandOverPart,
): Promise<Uint8Array | undefined> {
  const packed = await place.get(part.key, signal)
  const bytes = packed && (await unpack(packed))
  if (bytes !== undefined && sha256Of(bytes) === part.sha256) return bytes
  const what = packed ? 'is not what was handed over (its SHA-256 differs)' : 'is gone'
  if (manifest.isLossAccepted) {
    log.error(
      { room: 'spool', part: part.key },
      `a part of a hand-over ${what}; going on without it`,
    )
    return undefined
  }
  throw new PlaceError(
    `${part.key} in ${place.name} ${what}: put it back (an earlier version, a replica), or do without ` +
      `by calliope hand-over accept-loss ${manifest.id}, which counts what is lost`,
    false,
  )
}

async function unpack(packed: Buffer): Promise<Uint8Array | undefined> {
  try {
    return await Bun.zstdDecompress(packed)
  } catch {
    return undefined
  }
}
