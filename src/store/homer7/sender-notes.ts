// What the calls layout notes beside its calls, where homer7 is written alone: who sends, and which frames were
// refused. It goes into the ledger's database a moment after the rows: should the node be killed within it,
// these counts lack that moment, and no row does.
import type { SQL } from 'bun'
import { type RecordWalk, readQuarantined } from '#spool'
import { type QuarantineRow, RefusedFrames } from '../write/refused-frames.ts'
import { addQuarantine } from '../write/side-tables.ts'
import { SourceCounter, type SourceCounts } from '../write/source-counter.ts'
import { addSourceMinutes, addSources } from '../write/store-sources.ts'
import type { Refused } from '../write/trace.ts'
import type { Homer7Packet } from './homer7-packet.ts'

/** Of one batch. */
export interface Noted {
  readonly sources: readonly SourceCounts[]
  readonly quarantine: readonly QuarantineRow[]
}

export class SenderNotes {
  readonly #sources = new SourceCounter()
  #refused = new RefusedFrames()

  /** A frame that carried a message. */
  count(walk: RecordWalk, packet: Homer7Packet, agentUs: number, hepVersion: number): void {
    this.#sources.count(walk, walk.to - walk.from, packet, agentUs, hepVersion)
  }

  /** One that the store refused. */
  refuse(walk: RecordWalk, refused: Pick<Refused, 'reason' | 'offset' | 'detail'>): void {
    this.#sources.reject(walk, refused.reason)
    this.#refused.keep(walk, refused, walk.bytes.subarray(walk.from, walk.to))
  }

  /** One that the intake had refused. */
  addQuarantined(walk: RecordWalk): void {
    const { frame, ...refused } = readQuarantined(walk.record())
    this.#sources.reject(walk, refused.reason)
    this.#refused.keep(walk, refused, frame)
  }

  /** All of it since the last time. */
  take(): Noted {
    const quarantine = this.#refused.rows
    this.#refused = new RefusedFrames()
    return { sources: this.#sources.take(), quarantine }
  }
}

/** Writes what was noted. */
export async function storeNoted(
  tx: SQL,
  { sources, quarantine }: Noted,
  node: string,
): Promise<void> {
  if (sources.length > 0) {
    await addSources(sources, node)(tx)
    await addSourceMinutes(sources, node)(tx)
  }
  if (quarantine.length > 0) await addQuarantine(quarantine, node)(tx)
}
