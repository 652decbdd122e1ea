// A real lane in a temporary directory with the parts a listener needs, for tests of the intake room
// that do not need a thread. `records()` reads back what the lane holds.
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeHep } from '#hep'
import type { AccessPolicy, Address } from '#intake'
import type { LaneLedger } from '#ledger'
import { type LaneOptions, openLane, openReader, openSpool, type SpoolRecord } from '#spool'
import { Admission } from '../src/intake/admission.ts'
import { ConnectionRoom } from '../src/intake/connection-room.ts'
import { FrameReceiver } from '../src/intake/frame-receiver.ts'
import { IntakeCounters } from '../src/intake/intake-counters.ts'
import type { Listener } from '../src/intake/listener.ts'
import { PushBack } from '../src/intake/push-back.ts'
import type { StreamListenerParts, StreamParts } from '../src/intake/stream-listener.ts'

export interface LaneRig extends AsyncDisposable {
  readonly directory: string
  readonly lane: ReturnType<typeof openLane>
  /** Everything in the lane so far, written out first. */
  records(): Promise<SpoolRecord[]>
  /** Reads what there is and lets go of it, so that a full spool has room again. */
  consume(): Promise<SpoolRecord[]>
}

/** A lane over its own spool; `bytesMax` small makes one that fills up. */
export async function laneRig(options: Partial<LaneOptions> = {}): Promise<LaneRig> {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-intake-'))
  const bytesMax = options.bytesMax ?? 1024 ** 3
  const spool = await openSpool({ directory, bytesMax, readers: ['test'], reclaimMs: 10 })
  const lane = openLane({ directory, lane: 'test', flushMs: 5, ...options, bytesMax })
  const consumer = openReader({ directory, lane: lane.lane })
  const consume = async () => {
    lane.flush()
    const found: SpoolRecord[] = []
    for (let chunk = consumer.read(); chunk; chunk = consumer.read()) {
      found.push(...chunk.records)
      consumer.release('test', chunk.next)
    }
    return found
  }
  return {
    directory,
    lane,
    consume,
    records: async () => {
      lane.flush()
      return readRecords(directory, lane.lane)
    },
    [Symbol.asyncDispose]: async () => {
      await lane.close()
      await spool.close()
      consumer.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Every record of a lane that the kernel has. */
export function readRecords(directory: string, lane: string): SpoolRecord[] {
  const reader = openReader({ directory, lane })
  const found: SpoolRecord[] = []
  for (let chunk = reader.read(); chunk; chunk = reader.read()) found.push(...chunk.records)
  reader.close()
  return found
}

/** The frames among records, as hex, sorted: for comparing with what was sent. */
export const framesOf = (records: readonly SpoolRecord[]): string[] =>
  hexOf(records.filter(({ kind }) => kind === 'frame').map(({ bytes }) => bytes))

export const hexOf = (frames: readonly Buffer[]): string[] =>
  frames.map((frame) => frame.toString('hex')).sort()

/** A sound HEP3 frame, different for each number. */
export const frameNumber = (n: number, authKey = '', fill = 0): Buffer =>
  encodeHep({
    srcIp: '10.0.0.1',
    dstIp: '10.0.0.2',
    srcPort: 5060,
    dstPort: 5060,
    atUs: 1_800_000_000_000_000,
    authKey,
    payload: Buffer.from(`OPTIONS sip:${n} SIP/2.0\r\n${'x'.repeat(fill)}`),
  })

export const frameNumbers = (count: number, from = 0): Buffer[] =>
  Array.from({ length: count }, (_, i) => frameNumber(from + i))

/** Waits until something another thread or socket does has happened; fails after `waitMs`. */
export async function until(what: () => boolean, waitMs = 8_000): Promise<void> {
  const deadline = performance.now() + waitMs
  while (!what()) {
    if (performance.now() > deadline) throw new Error(`did not happen in ${waitMs} ms: ${what}`)
    await Bun.sleep(5)
  }
}

/** Sum of everything a ledger counted after `received`: equal to it when nothing is lost. */
export function accounted(ledger: LaneLedger): number {
  const { appended, rejected, dropped } = ledger.counts()
  const sum = (counts: object) => Object.values(counts).reduce((total, n) => total + n, 0)
  return appended + sum(rejected) + sum(dropped)
}

/** A connected client socket; `ended` resolves when the other side has ended or reset it. */
export async function connectTcp({ host, port }: Address): Promise<TcpClient> {
  const socket = net.connect({ host, port, allowHalfOpen: true })
  socket.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  socket.resume() // without reading, the end would go unnoticed
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return { socket, ended }
}

export interface TcpClient {
  readonly socket: net.Socket
  readonly ended: Promise<void>
}

/** What a test of a stream transport wants to be different. */
export interface Wanted {
  readonly rules?: Partial<StreamParts['rules']>
  readonly parts?: Partial<StreamParts>
  readonly limits?: { connectionsMax?: number; connectionsPerPeerMax?: number }
  readonly policy?: AccessPolicy | undefined
  readonly bytesMax?: number
}

/** Makes stream listeners over lanes of their own; `closeAll` belongs into afterEach. */
export function streamRigs(open: (parts: StreamListenerParts) => Promise<Listener>) {
  const closers: (() => Promise<void>)[] = []
  const listen = async ({ rules, parts, limits, policy, bytesMax }: Wanted = {}) => {
    const rig = await laneRig(bytesMax ? { bytesMax } : {})
    closers.push(async () => rig[Symbol.asyncDispose]())
    const { lane } = rig
    const counters = new IntakeCounters()
    const admission = new Admission(policy)
    const pushBack = new PushBack({ isFull: () => lane.isFull, counters })
    const most = { connectionsMax: 100, connectionsPerPeerMax: 100, ...limits }
    const listener = await open({
      address: { host: '127.0.0.1', port: 0 },
      receiver: new FrameReceiver(lane, admission, 'tcp'),
      room: new ConnectionRoom(most, admission, counters),
      pushBack,
      counters,
      rules: { refusalsPerMinuteMax: 100, frameMs: 30_000, idleMs: 0, lingerMs: 100, ...rules },
      sweepMs: 20,
      partialBytesMax: 64 * 1024 * 1024,
      ageMs: 0,
      ageJitter: 0,
      ...parts,
    })
    const close = async () => {
      const closed = listener.close()
      pushBack.close()
      await closed
    }
    closers.push(close)
    return { listener, rig, lane, counters, close }
  }
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  return { listen, closeAll }
}
