// spool.json: which spool this is, in which format, and who must have read a file before it goes.
// Written whole beside itself and renamed, so that no reader ever sees half of it.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { log } from '#log'
import { adoptSpoolId } from './adopt-spool-id.ts'
import { SpoolError } from './spool-error.ts'

/** Of the directory as a whole; batches carry their own number beside it. */
export const SPOOL_FORMAT = 1

export interface SpoolJson {
  readonly formatVersion: number
  readonly spoolId: string
  readonly createdAt: string
  /** A file is deleted when each of these has passed it; none named: nothing is deleted. */
  readonly readers: readonly string[]
}

export const spoolJsonPath = (directory: string): string => join(directory, 'spool.json')

/** Reads spool.json, making the directory and the file when there is none yet. */
export function ensureSpoolJson(directory: string): SpoolJson {
  try {
    mkdirSync(directory, { recursive: true })
    const found = readSpoolJson(directory)
    if (found) return found
    const made = newSpoolJson(directory)
    createOnce(directory, made)
    return readSpoolJson(directory) ?? made
  } catch (error) {
    if (error instanceof SpoolError) throw error
    throw new SpoolError(
      'SPOOL_UNREADABLE',
      `${directory} cannot hold the spool (${(error as Error).message}): name a directory this user ` +
        'may write to, on a disk with space',
      error,
    )
  }
}

function newSpoolJson(directory: string): SpoolJson {
  const adopted = adoptSpoolId(directory)
  if (adopted) log.warn({ room: 'spool', directory, spoolId: adopted }, 'spool.json was missing')
  return {
    formatVersion: SPOOL_FORMAT,
    spoolId: adopted ?? crypto.randomUUID(),
    createdAt: new Date().toISOString(),
    readers: [],
  }
}

/** Replaces spool.json in one step. */
export function writeSpoolJson(directory: string, json: SpoolJson): void {
  mkdirSync(directory, { recursive: true })
  const temporary = writeBeside(directory, json)
  renameSync(temporary, spoolJsonPath(directory))
}

export function readSpoolJson(directory: string): SpoolJson | undefined {
  const path = spoolJsonPath(directory)
  const text = readIfThere(path)
  return text === undefined ? undefined : parseSpoolJson(text, path)
}

function parseSpoolJson(text: string, path: string): SpoolJson {
  const json = parseJson(text, path)
  if (typeof json.formatVersion === 'number' && json.formatVersion > SPOOL_FORMAT) {
    throw new SpoolError(
      'SPOOL_NEWER_FORMAT',
      `${path} was written in spool format ${json.formatVersion}, this Calliope knows up to ` +
        `${SPOOL_FORMAT}: start the newer Calliope that wrote it, or point the spool at another directory`,
    )
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(json.spoolId ?? '')) {
    throw unreadable(path, `has no valid spoolId ("${json.spoolId}")`)
  }
  return {
    formatVersion: json.formatVersion ?? SPOOL_FORMAT,
    spoolId: json.spoolId!,
    createdAt: json.createdAt ?? '',
    readers: Array.isArray(json.readers) ? json.readers : [],
  }
}

function parseJson(text: string, path: string): Partial<SpoolJson> {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null) return json
  } catch {}
  throw unreadable(path, 'is not a JSON object')
}

const unreadable = (path: string, what: string): SpoolError =>
  new SpoolError(
    'SPOOL_UNREADABLE',
    `${path} ${what}: delete this file, and the next start makes it again with the id the batches carry`,
  )

// Several threads may open a new spool at once: a hard link is made by exactly one of them.
function createOnce(directory: string, json: SpoolJson): void {
  const temporary = writeBeside(directory, json)
  try {
    linkSync(temporary, spoolJsonPath(directory))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(temporary)
  }
}

function writeBeside(directory: string, json: SpoolJson): string {
  const temporary = join(directory, `.spool.json-${crypto.randomUUID()}`)
  try {
    writeFileSync(temporary, `${JSON.stringify(json, null, 2)}\n`, { flush: true })
    return temporary
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
