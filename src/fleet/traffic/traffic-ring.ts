// Packets made beforehand and sent round and round, each lap as new calls: making the text of
// a message costs more than sending it, so a fast sender changes a few bytes in place instead.
//
//   … z9hG4bK1f2a1[000100000007];rport …  +4989123[0042] …      spots found once, when built
//                  the lap's number       the lap's digits       written before each sending
//
// A ring holds whole scenes from first packet to last. The lap's number begins at a random place,
// so that the Call-IDs of two runs never meet.
import { randomInt } from 'node:crypto'
import { encodeHep } from '#hep'
import type { TrafficKind } from './mix.ts'
import { generateTraffic, type TrafficOptions, type TrafficPacket } from './traffic.ts'

/** Call-IDs of a ring begin with 16 bits of the scene's number, which keeps them apart. */
export const RING_STARTS_MAX = 65_536
const RING_STARTS = 2_000
const VARY_DIGITS = 12
const LAP_STEP = 7_919 // prime, so that numbers look dealt rather than counted

export interface TrafficRingOptions extends TrafficOptions {
  /** Scenes in the ring, at most 65,536. @default 2000 */
  readonly starts?: number
  /** Number of the first lap; the same gives the same Call-IDs. @default random */
  readonly firstLap?: number
}

/** What a number of packets from a ring amounts to. */
export interface TrafficCount {
  readonly packets: number
  /** Distinct Call-IDs. */
  readonly calls: number
}

interface RingPacket {
  readonly kind: TrafficKind
  readonly scene: number
  /** First of the lap with its Call-ID. */
  readonly opensCall: boolean
  readonly frame: Buffer
  readonly timeAt: number
  readonly varyAt: readonly number[]
  readonly digitsAt: readonly number[]
  readonly digits: readonly number[]
}

/** Makes a ring of the traffic the options describe. */
export function buildTrafficRing(options: TrafficRingOptions = {}): TrafficRing {
  const { starts = RING_STARTS, firstLap = randomInt(2 ** 47) } = options
  if (!(starts >= 1 && starts <= RING_STARTS_MAX))
    throw new RangeError(`a ring holds 1 to ${RING_STARTS_MAX} scenes, not ${starts}`)
  const seen = new Set<string>()
  const packets: RingPacket[] = []
  for (const packet of generateTraffic({ ...options, starts })) {
    packets.push(ringPacket(packet, !seen.has(packet.callId)))
    seen.add(packet.callId)
  }
  return new TrafficRing(packets, firstLap)
}

/** Packets to send over and over; each position, counted from 0 without end, is another packet. */
export class TrafficRing {
  readonly #packets: readonly RingPacket[]
  readonly #firstLap: number
  readonly #varyText = Buffer.alloc(VARY_DIGITS)
  #lap = -1

  constructor(packets: readonly RingPacket[], firstLap: number) {
    this.#packets = packets
    this.#firstLap = firstLap
  }

  /** Packets per lap. */
  get length(): number {
    return this.#packets.length
  }

  /** Number of the scene at the position, within its lap. */
  sceneAt(position: number): number {
    return this.#packets[position % this.length]!.scene
  }

  /** The frame at the position, stamped with the time; valid until its next lap. */
  frameAt(position: number, atUs: number): Buffer {
    const index = position % this.length
    this.#turnTo((position - index) / this.length)
    const packet = this.#packets[index]!
    const { frame, varyAt, digitsAt, digits, timeAt } = packet
    const text = this.#varyText
    for (let i = 0; i < varyAt.length; i++) {
      const spot = varyAt[i]!
      for (let j = 0; j < VARY_DIGITS; j++) frame[spot + j] = text[j]!
    }
    for (let i = 0; i < digitsAt.length; i++)
      writeDigits(frame, digitsAt[i]!, (digits[i]! + this.#lap * LAP_STEP) % 10_000)
    writeTime(frame, timeAt, atUs)
    return frame
  }

  /** What positions 0 up to `position` hold, by kind of scene. */
  count(position: number): Partial<Record<TrafficKind, TrafficCount>> {
    const laps = Math.floor(position / this.length)
    const rest = position % this.length
    const byKind: Partial<Record<TrafficKind, TrafficCount>> = {}
    for (const [index, { kind, opensCall }] of this.#packets.entries()) {
      const times = laps + (index < rest ? 1 : 0)
      if (times === 0) break
      const { packets, calls } = byKind[kind] ?? { packets: 0, calls: 0 }
      byKind[kind] = { packets: packets + times, calls: calls + (opensCall ? times : 0) }
    }
    return byKind
  }

  #turnTo(lap: number): void {
    if (lap === this.#lap) return
    this.#lap = lap
    const text = (this.#firstLap + lap).toString(16).padStart(VARY_DIGITS, '0')
    this.#varyText.write(text.slice(-VARY_DIGITS), 'latin1')
  }
}

function ringPacket(traffic: TrafficPacket, opensCall: boolean): RingPacket {
  const frame = encodeHep(traffic.packet)
  const numbers = traffic.numbers.flatMap((number) =>
    everyIndexOf(frame, number).map((at) => ({ at: at + number.length - 4, number })),
  )
  return {
    kind: traffic.kind,
    scene: traffic.scene,
    opensCall,
    frame,
    timeAt: timeChunkAt(frame),
    varyAt: everyIndexOf(frame, traffic.vary),
    digitsAt: numbers.map(({ at }) => at),
    digits: numbers.map(({ number }) => Number(number.slice(-4))),
  }
}

function everyIndexOf(frame: Buffer, text: string): number[] {
  const found: number[] = []
  for (let at = frame.indexOf(text); at >= 0; at = frame.indexOf(text, at + text.length))
    found.push(at)
  return found
}

/** Where chunk 9 (seconds) begins; chunk 10 (microseconds) follows it in frames encodeHep makes. */
function timeChunkAt(frame: Buffer): number {
  let at = 6
  while (frame.readUInt16BE(at + 2) !== 9) at += frame.readUInt16BE(at + 4)
  return at
}

function writeTime(frame: Buffer, at: number, atUs: number): void {
  const seconds = Math.floor(atUs / 1e6)
  frame.writeUInt32BE(seconds, at + 6)
  frame.writeUInt32BE(Math.floor(atUs - seconds * 1e6), at + 16)
}

function writeDigits(frame: Buffer, at: number, value: number): void {
  frame[at] = 48 + Math.floor(value / 1000)
  frame[at + 1] = 48 + (Math.floor(value / 100) % 10)
  frame[at + 2] = 48 + (Math.floor(value / 10) % 10)
  frame[at + 3] = 48 + (value % 10)
}
