// What really is in the database and in the spool, message by message, read past the product's own
// search and counters: the tests of this folder compare both with what the product says of itself.
//
// A message is told apart by its capture id, its agent's time and its bytes. Generated traffic never
// repeats all three, so two equal ones in the database mean that something was stored twice.
import { expect } from 'bun:test'
import type { SQL } from 'bun'
import type { Ledger } from '#contract'
import { decodeHep } from '#hep'
import { openReader, verifySpool } from '#spool'
import { decodeBlock } from '../../src/store/write/segment.ts'
import { type Program, settledLedger } from '../program.ts'

const ROWS_AT_A_TIME = 1_000

interface Sighting {
  readonly captureId: number
  readonly atUs: number
  readonly payload: Buffer
}

/** Tells one captured message from every other. */
export const identityOf = ({ captureId, atUs, payload }: Sighting): string =>
  `${captureId} ${atUs} ${Bun.hash(payload).toString(36)}`

/** The identity of the message in a HEP frame. */
export function identityOfFrame(frame: Buffer): string {
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') throw new Error(packet.detail)
  return identityOf(packet)
}

/** Every message in the database. */
export interface Stored {
  /** Messages, each as often as it is there. */
  readonly messages: number
  readonly identities: ReadonlySet<string>
}

/** Reads every message that is stored. */
export async function readStored(sql: SQL): Promise<Stored> {
  const identities = new Set<string>()
  let messages = 0
  for await (const message of storedMessages(sql)) {
    identities.add(identityOf(message))
    messages++
  }
  return { messages, identities }
}

/** The bytes of every message that is stored, as Latin-1. */
export async function readPayloads(sql: SQL): Promise<string[]> {
  const payloads: string[] = []
  for await (const { payload } of storedMessages(sql)) payloads.push(payload.toString('latin1'))
  return payloads
}

/** Goes through all segments; columns and messages must agree on how many there are. */
async function* storedMessages(sql: SQL) {
  // Rows that follow each other share a block, which the first of them holds: unpacked once, not for each.
  let block: ReturnType<typeof decodeBlock> = []
  for (let after = '-1'; ; ) {
    const rows = (await sql`
      select id::text as place, message_count, format, block_place, messages
      from call_segments s where id > ${after}::bigint order by s.id limit ${ROWS_AT_A_TIME}`) as SegmentRow[]
    for (const { place, message_count, format, block_place, messages } of rows) {
      if (messages) block = decodeBlock(format, messages)
      const found = block[block_place]
      if (found?.length !== message_count)
        throw new Error(`row ${place} says ${message_count} messages and holds ${found?.length}`)
      yield* found
    }
    if (rows.length < ROWS_AT_A_TIME) return
    after = rows.at(-1)!.place
  }
}

interface SegmentRow {
  readonly place: string
  readonly message_count: number
  readonly format: number
  readonly block_place: number
  readonly messages: Buffer | null
}

/** What a spool holds, deleted files counted. */
export interface Spooled {
  /** Frames it ever held. */
  readonly framesEver: number
  /** Of the messages still in its files. */
  readonly identities: readonly string[]
}

/** Reads every lane of a spool nobody writes to. */
export function readSpooled(directory: string): Spooled {
  const { lanes } = verifySpool(directory)
  return {
    framesEver: lanes.reduce((sum, { framesEver }) => sum + framesEver, 0),
    identities: lanes.flatMap(({ lane }) => readLane(directory, lane)),
  }
}

function readLane(directory: string, lane: string): string[] {
  const reader = openReader({ directory, lane })
  const identities: string[] = []
  for (let chunk = reader.read(); chunk; chunk = reader.read())
    for (const { kind, bytes } of chunk.records)
      if (kind === 'frame') identities.push(identityOfFrame(bytes))
  reader.close()
  return identities
}

/** The end of every test here: all is stored, once, and what was promised is among it. */
export async function expectNothingLost(
  program: Program,
  sql: SQL,
  {
    received = 0,
    promised = [],
    waitMs = 30_000,
  }: { received?: number; promised?: Iterable<string>; waitMs?: number } = {},
): Promise<{ ledger: Ledger; stored: Stored }> {
  const ledger = await settledLedger(program, received, waitMs)
  const stored = await readStored(sql)
  expect(stored.messages, 'the database holds what the ledger says').toBe(ledger.stored)
  expect(stored.identities.size, 'nothing is stored twice').toBe(stored.messages)
  const missing = [...promised].filter((identity) => !stored.identities.has(identity))
  expect(missing, 'nothing that was promised is missing').toEqual([])
  return { ledger, stored }
}
