// What a spool's directory says of its hand-over, so that the next start on the same disk knows:
//
//   sealed        begun; whether the manifest was written only the place can tell
//   handed-over   the place has it all: this copy is nobody's any more
//
// The seal is for tidiness. Should it be wrong, two nodes store the same spool, each message goes in
// once all the same (the cursor in the database is the only judge), and one of them says so in its log.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { log } from '#log'
import { listLanes } from '../lane-files.ts'
import { spoolJsonPath } from '../spool-json.ts'
import { lockSpool } from '../spool-lock.ts'
import { manifestKey, parseManifest, partsOf } from './manifest.ts'
import type { HandOverPlace } from './place.ts'

export interface Seal {
  readonly state: 'sealed' | 'handed-over'
  readonly id: string
  readonly at: string
  /** Of the place, for people. */
  readonly place: string
}

/** A start does not wait longer for a place that is silent. */
const ASK_MS_MAX = 10_000

const sealPath = (directory: string): string => join(directory, 'handed-over.json')

export function writeSeal(directory: string, seal: Seal): void {
  const temporary = `${sealPath(directory)}-${crypto.randomUUID()}`
  writeFileSync(temporary, `${JSON.stringify(seal)}\n`, { flush: true })
  renameSync(temporary, sealPath(directory))
}

export function breakSeal(directory: string): void {
  if (existsSync(sealPath(directory))) rmSync(sealPath(directory), { force: true })
}

export function readSeal(directory: string): Seal | undefined {
  if (!existsSync(sealPath(directory))) return undefined
  try {
    const { state, id, at, place } = JSON.parse(readFileSync(sealPath(directory), 'utf8')) as Seal
    if (state === 'sealed' || state === 'handed-over') return { state, id, at, place }
  } catch {}
  return undefined // of a damaged seal only the spool itself can be believed, and it is all there
}

/**
 * Before a spool is opened: one that was handed over is discarded, so that the node begins a new one;
 * one whose hand-over was not finished is opened as if nothing had been.
 */
export async function settleSeal(
  directory: string,
  place: HandOverPlace | undefined,
): Promise<'none' | 'discarded' | 'opened'> {
  const seal = readSeal(directory)
  if (!seal) {
    breakSeal(directory)
    return 'none'
  }
  const unlock = lockSpool(directory) // somebody may be handing it over just now
  try {
    return await settle(directory, seal, place)
  } finally {
    unlock()
  }
}

async function settle(
  directory: string,
  seal: Seal,
  place: HandOverPlace | undefined,
): Promise<'discarded' | 'opened'> {
  const facts = { room: 'spool', directory, handOver: seal.id, place: seal.place }
  const manifest = seal.state === 'handed-over' ? 'whole' : await askManifest(seal, place)
  if (manifest === 'whole') {
    discardSpool(directory)
    log.info(facts, 'this spool was handed over; beginning a new one')
    return 'discarded'
  }
  breakSeal(directory)
  if (manifest === 'none' && place) void removeParts(seal.id, place)
  log.info(facts, 'the hand-over of this spool was not finished; storing it from here')
  return 'opened'
}

// A place that cannot be asked is no reason to throw packets away, nor to wait; nor is a manifest that
// names only some of them.
async function askManifest(
  seal: Seal,
  place: HandOverPlace | undefined,
): Promise<'whole' | 'part' | 'none' | 'unknown'> {
  if (!place) return 'unknown'
  try {
    const bytes = await place.get(manifestKey(seal), AbortSignal.timeout(ASK_MS_MAX))
    if (bytes === undefined) return 'none'
    return parseManifest(bytes, manifestKey(seal)).isWhole ? 'whole' : 'part'
  } catch (error) {
    log.warn({ room: 'spool', error: (error as Error).message }, 'could not ask for a hand-over')
    return 'unknown'
  }
}

/** Parts without a manifest are nobody's, and cost money. */
async function removeParts(id: string, place: HandOverPlace): Promise<void> {
  try {
    for (const key of await place.list(partsOf(id))) await place.remove(key)
  } catch (error) {
    log.warn({ room: 'spool', handOver: id, error: (error as Error).message }, 'parts stay behind')
  }
}

// The id goes first: a start after a kill in the middle makes a new one, and nothing is read as ours.
// The seal goes last, so that such a start comes here again.
function discardSpool(directory: string): void {
  rmSync(spoolJsonPath(directory), { force: true })
  for (const lane of listLanes(directory))
    rmSync(join(directory, lane), { recursive: true, force: true })
  breakSeal(directory)
}
