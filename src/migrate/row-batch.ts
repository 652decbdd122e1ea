// Rows on their way into one batch: the body of carried frames grows until it is full. What cannot be a
// frame is kept beside it, to be written down when the batch is settled.
import { carriedBytes, type HepPacketFields, writeCarried } from '#hep'
import { TRANSPORTS } from '#spool'
import { frameOfPacket, type Homer7Row, packetOfRow } from './homer7-row.ts'

/** A batch is full then; a receiver takes up to twice that. */
const BODY_BYTES = 1024 * 1024
const FRAME_BYTES_MAX = 66 * 1024
/** Shown as the sender. */
const PEER = 'homer7'
const ARRIVAL = {
  transport: TRANSPORTS.indexOf('import'),
  peerIp: PEER,
  peerPort: 0,
  receivedUs: 0, // now: only the agent's time is known
}

/** A row that was not copied, and why. */
export interface LeftOut {
  readonly table: string
  readonly id: string
  readonly sid: string
  readonly why: string
}

export class RowBatch {
  readonly #table: string
  readonly #hepType: number
  readonly #key: string
  readonly #body = Buffer.allocUnsafeSlow(BODY_BYTES + FRAME_BYTES_MAX)
  readonly leftOut: LeftOut[] = []
  rows = 0
  frames = 0
  /** Rows whose address was none and was left away. */
  mended = 0
  /** The last row in it. */
  place = ''
  #bytes = 0

  constructor(table: string, hepType: number, key: string) {
    this.#table = table
    this.#hepType = hepType
    this.#key = key
  }

  get isFull(): boolean {
    return this.#bytes >= BODY_BYTES
  }

  get body(): Buffer<ArrayBuffer> {
    return this.#body.subarray(0, this.#bytes)
  }

  add(row: Homer7Row): void {
    this.rows += 1
    this.place = row.place
    const read = packetOfRow(row, this.#hepType)
    if (read.kind === 'left-out') this.#leaveOut(row, read.why)
    else this.#put(row, this.#key ? { ...read.packet, authKey: this.#key } : read.packet)
    if (read.kind === 'packet' && read.mended) this.mended += 1
  }

  #put(row: Homer7Row, packet: HepPacketFields): void {
    const frame = frameOfPacket(packet)
    if (frame === undefined) {
      this.#leaveOut(row, 'it is larger than a HEP frame can be')
      return
    }
    if (this.#bytes + carriedBytes(frame.length, ARRIVAL) > this.#body.length)
      throw new RangeError('a batch was filled beyond its bound')
    this.#bytes = writeCarried(this.#body, this.#bytes, ARRIVAL, frame)
    this.frames += 1
  }

  #leaveOut({ id, sid }: Homer7Row, why: string): void {
    this.leftOut.push({ table: this.#table, id, sid: sid.slice(0, 256), why })
  }
}
