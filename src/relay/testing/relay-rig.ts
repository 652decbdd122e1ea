// For tests of the relay: a spool with numbered frames in it, and nodes in memory that take parcels as
// Calliope does, each under its number once, with faults on demand.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeHep, encodeHep } from '#hep'
import { type LaneWriter, openLane, openSpool, type Spool } from '#spool'
import { Carrier, type CarrierOptions } from '../carrier.ts'
import { type Outlet, OutletError, type Parcel, type Receipt } from '../outlet.ts'
import { Targets, type TargetsOptions } from '../targets.ts'

const FRAMES_A_CALL = 7

/** Frame `number`: seven follow each other in one call. */
export function numberedFrame(number: number): Buffer {
  const call = Math.floor(number / FRAMES_A_CALL)
  const head = `Call-ID: call-${call}@relay\r\nCSeq: ${number} INVITE\r\n\r\n`
  return encodeHep({
    ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060, atUs: 1e15 + number },
    payload: Buffer.from(`INVITE sip:bob@relay SIP/2.0\r\n${head}`),
  })
}

export function numberOf(frame: Buffer): number {
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') throw new Error(packet.detail)
  return Number(/CSeq: (\d+)/.exec(packet.payload.toString())![1])
}

export const callOf = (number: number): number => Math.floor(number / FRAMES_A_CALL)

/** A spool with lanes to write to, and carriers over it. */
export class RelayRig implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'calliope-relay-'))
  readonly #open: (() => Promise<void>)[] = []
  readonly #lanes = new Map<string, LaneWriter>()
  #written = 0

  static async start(readers: readonly string[] = ['calliope']): Promise<RelayRig> {
    const rig = new RelayRig()
    rig.#spool = await openSpool({ directory: join(rig.directory, 'spool'), readers })
    return rig
  }

  #spool: Spool | undefined

  get spool(): Spool {
    return this.#spool!
  }

  /** Appends the next `count` numbered frames, readable at once. */
  write(count: number, lane = 'udp-0', fileBytesMax = 1024 * 1024): void {
    const frames = Array.from({ length: count }, () => numberedFrame(this.#written++))
    this.append(frames, lane, fileBytesMax)
  }

  /** Appends frames as they are, readable at once. */
  append(frames: readonly Buffer[], lane = 'udp-0', fileBytesMax = 1024 * 1024): void {
    const writer =
      this.#lanes.get(lane) ?? openLane({ directory: this.spool.directory, lane, fileBytesMax })
    this.#lanes.set(lane, writer)
    for (const [i, bytes] of frames.entries()) {
      const from = { transport: 'udp', peerIp: '192.0.2.7', peerPort: 5060 } as const
      writer.append({ ...from, receivedUs: Date.now() * 1_000, bytes })
      if (i % 50 === 49) writer.flush()
    }
    writer.flush()
  }

  get written(): number {
    return this.#written
  }

  get appended(): number {
    return [...this.#lanes.values()].reduce((sum, { ledger }) => sum + ledger.appended, 0)
  }

  carrier(
    outlet: Outlet,
    names: readonly string[],
    options: Partial<CarrierOptions> & {
      targets?: never
      targeting?: Partial<TargetsOptions>
    } = {},
  ): Carrier {
    const { targeting, ...rest } = options
    const name = options.name ?? 'calliope'
    const probe = outlet.probe?.bind(outlet)
    const targets = new Targets({ destination: name, probe, ...targeting })
    targets.replace(names)
    const carrier = new Carrier({
      ...{ name, outlet, targets, batchWaitMs: 1, directory: join(this.directory, 'relay') },
      spool: this.spool,
      ...rest,
    })
    this.#open.push(() => carrier.close())
    carrier.start()
    return carrier
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((close) => close()))
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
    await this.spool.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** What a node does with the next parcel it is sent. */
export type Fault = 'none' | 'refuse' | 'half' | 'lose-answer' | 'lose-request' | 'never' | 'hang'

/** Nodes in memory: what each has, and how often it was asked. */
export class FakeNodes implements Outlet {
  readonly taken = new Map<string, number[]>()
  readonly down = new Set<string>()
  readonly #kept = new Map<string, number>()
  readonly #fault: (target: string) => Fault
  sends = 0

  constructor(fault: (target: string) => Fault = () => 'none') {
    this.#fault = fault
  }

  /** The numbers of all frames taken anywhere, sorted. */
  get all(): number[] {
    return [...this.taken.values()].flat().sort((a, b) => a - b)
  }

  async send(parcel: Parcel, target: string, signal: AbortSignal): Promise<Receipt> {
    this.sends++
    await Bun.sleep(0)
    if (this.down.has(target)) throw new OutletError('down', { kind: 'refused' })
    const fault = this.#fault(target)
    if (fault === 'hang') await hang(signal)
    if (fault === 'never') throw new OutletError('never', { kind: 'permanent' })
    if (fault === 'refuse') throw new OutletError('not now', { kind: 'refused' })
    if (fault === 'lose-request') throw new OutletError('cut', { kind: 'unknown' })
    const part = fault === 'half' ? Math.floor(parcel.frames / 2) : parcel.frames
    const first = { taken: this.#take(parcel, target, part), rejected: 0 }
    if (fault === 'lose-answer') throw new OutletError('cut', { kind: 'unknown' })
    if (fault === 'half') throw new OutletError('full', { kind: 'refused', first, isCertain: true })
    return first
  }

  // As POST /hep does: what it has of a batch it does not take again.
  #take({ id, walk }: Parcel, target: string, count: number): number {
    const known = `${target} ${id.stream} ${id.number}`
    const kept = this.#kept.get(known) ?? 0
    const frames = walk()
    const into = this.taken.get(target) ?? []
    this.taken.set(target, into)
    for (let n = 0; n < count && frames.next(); n++)
      if (n >= kept) into.push(numberOf(frames.bytes.subarray(frames.from, frames.to)))
    this.#kept.set(known, Math.max(kept, count))
    return Math.max(kept, count)
  }

  async close(): Promise<void> {}
}

const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new OutletError('cut', { kind: 'unknown' })))
  })

export const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
