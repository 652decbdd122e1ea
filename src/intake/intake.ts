// Starts a thread for each UDP shard and one for all stream transports, each with its own lane of the
// spool, and answers questions about them from shared memory, which works however busy they are.
//
//   udp-0  udp-1 …  one socket each on the same port, told apart by sender   ─▶ lanes udp-0, udp-1 …
//   streams         TCP, TLS, WebSocket                                      ─▶ lane streams
//   http            on main, inside the API's server: http-intake.ts         ─▶ lane http
import type { LaneLedger } from '#ledger'
import { type AccessPolicy, Admission } from './admission.ts'
import { type CounterValues, sumCounters } from './intake-counters.ts'
import { IntakeError } from './intake-error.ts'
import type { BoundAddresses, LaneStorage, StreamsSetup } from './lane-messages.ts'
import { LaneThread } from './lane-thread.ts'
import type { Address } from './listener.ts'
import { affordableConnections } from './open-files.ts'
import type { PeerWarning } from './peer-log.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'
import { probeUdp } from './udp-listener.ts'

const MIB = 1024 * 1024
const UDP_SHARDS_MAX = 64

/** What intake listens on and how it treats those who send. An address left out is not opened. */
export interface IntakeOptions {
  /** The spool all lanes are in. */
  readonly storage: LaneStorage
  readonly udp?: Address | undefined
  readonly tcp?: Address | undefined
  readonly tls?: Address | undefined
  readonly ws?: Address | undefined
  /** Needed when `tls` is given. */
  readonly tlsFiles?: TlsFiles | undefined
  /** How often the TLS files are looked at. @default 10000 */
  readonly tlsFilesCheckMs?: number
  readonly policy?: AccessPolicy
  /** UDP threads sharing the port. @default 1 */
  readonly udpShards?: number
  /** Kernel receive buffer asked for each UDP socket. @default 32 MiB */
  readonly receiveBufferBytes?: number
  /** Open stream connections; fewer where the process may not open so many files. @default 20000 */
  readonly connectionsMax?: number
  /** Of which one address may have. @default half of connectionsMax */
  readonly connectionsPerPeerMax?: number
  /** Close connections older than this so that a balancer can move them; 0 = never. @default 0 */
  readonly connectionAgeMs?: number
  /** How much that age differs between connections. @default 0.2 */
  readonly connectionAgeJitter?: number
  /** Close connections silent for so long; 0 = never. @default 24 hours */
  readonly idleMs?: number
  /** A frame begun must be complete within this. @default 30000 */
  readonly frameMs?: number
  /** From our end of a connection until we stop reading. @default 5000 */
  readonly lingerMs?: number
  /** Malformed stretches and refused frames a minute before a connection is closed. @default 100 */
  readonly refusalsPerMinuteMax?: number
  /** Memory for unfinished frames of all connections. @default 64 MiB */
  readonly partialBytesMax?: number
}

/** Counters of all threads together, and of each. */
export interface IntakeStats {
  readonly total: CounterValues
  readonly lanes: readonly LaneStats[]
  /** The newest connection that was turned away or cut. */
  readonly lastWarning: PeerWarning | undefined
}

export interface LaneStats {
  readonly lane: string
  /** False while its thread is dead or ended. */
  readonly isRunning: boolean
  /** How often its thread had to be started again. */
  readonly restarts: number
  readonly received: number
  readonly counters: CounterValues
}

/** Running intake, seen from the main thread. */
export interface Intake extends AsyncDisposable {
  /** Where each transport listens, with the ports the system chose. */
  readonly addresses: BoundAddresses
  lanes(): readonly { readonly lane: string; readonly ledger: LaneLedger }[]
  stats(): IntakeStats
  /** Stops listening, takes in what had come, syncs. Counters stay readable. */
  pause(): Promise<void>
  /** As pause, then closes the lanes and ends their threads. */
  close(): Promise<void>
}

/** Opens all sockets; rejects with an IntakeError, and nothing left open, when one cannot be. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  checkOptions(options)
  const threads: LaneThread[] = []
  const close = async () => void (await Promise.all(threads.map((thread) => thread.close())))
  try {
    await startUdp(options, threads)
    await startStreams(options, threads)
  } catch (error) {
    await close()
    throw error
  }
  return {
    addresses: Object.assign({}, ...threads.map(({ addresses }) => addresses)),
    lanes: () => threads.map(({ lane, ledger }) => ({ lane, ledger })),
    stats: () => statsOf(threads),
    pause: async () => void (await Promise.all(threads.map((thread) => thread.pause()))),
    close,
    [Symbol.asyncDispose]: close,
  }
}

// Bad options are found here, where the error can be thrown, not in a thread.
function checkOptions({ policy, tls, tlsFiles, udpShards = 1 }: IntakeOptions): void {
  new Admission(policy)
  if (tls) readTlsFiles(tlsFiles ?? { cert: '', key: '' })
  if (Number.isInteger(udpShards) && udpShards >= 1 && udpShards <= UDP_SHARDS_MAX) return
  throw new IntakeError(
    'INTAKE_BAD_OPTION',
    `udpShards is ${udpShards}; give a whole number from 1 to ${UDP_SHARDS_MAX}`,
  )
}

// One after another: the first may ask for any port, the others then take the same, and each finds
// its own socket among those on that port.
async function startUdp(options: IntakeOptions, threads: LaneThread[]): Promise<void> {
  const { storage, policy = {}, udpShards = 1, receiveBufferBytes = 256 * MIB } = options
  const sharePort = udpShards > 1
  let address = options.udp && sharePort ? await probeUdp(options.udp) : options.udp
  for (let shard = 0; address && shard < udpShards; shard++) {
    const sockets = { kind: 'udp', address, sharePort, receiveBufferBytes } as const
    const thread = new LaneThread({ lane: `udp-${shard}`, storage, policy, sockets })
    threads.push(thread)
    await thread.start()
    address = thread.addresses.udp
  }
}

async function startStreams(options: IntakeOptions, threads: LaneThread[]): Promise<void> {
  const { storage, policy = {}, tcp, tls, ws } = options
  if (!tcp && !tls && !ws) return
  const thread = new LaneThread({ lane: 'streams', storage, policy, sockets: streamsOf(options) })
  threads.push(thread)
  await thread.start()
}

function streamsOf({
  tcp,
  tls,
  ws,
  tlsFiles = { cert: '', key: '' },
  tlsFilesCheckMs = 10_000,
  connectionsMax = 20_000,
  connectionsPerPeerMax = Math.ceil(connectionsMax / 2),
  connectionAgeMs = 0,
  connectionAgeJitter = 0.2,
  idleMs = 24 * 3_600_000,
  frameMs = 30_000,
  lingerMs = 5_000,
  refusalsPerMinuteMax = 100,
  partialBytesMax = 64 * MIB,
}: IntakeOptions): StreamsSetup {
  return {
    kind: 'streams',
    tcp,
    tls,
    ws,
    tlsFiles,
    tlsFilesCheckMs,
    rules: { refusalsPerMinuteMax, frameMs, idleMs, lingerMs },
    limits: { connectionsMax: affordableConnections(connectionsMax), connectionsPerPeerMax },
    partialBytesMax,
    ageMs: connectionAgeMs,
    ageJitter: connectionAgeJitter,
  }
}

function statsOf(threads: readonly LaneThread[]): IntakeStats {
  const lanes = threads.map(({ lane, isRunning, restarts, ledger, counters }) => ({
    lane,
    isRunning,
    restarts,
    received: ledger.counts().received,
    counters: counters.values(),
  }))
  const warnings = threads.flatMap(({ lastWarning }) => lastWarning ?? [])
  return {
    total: sumCounters(lanes.map(({ counters }) => counters)),
    lanes,
    lastWarning: warnings.toSorted((a, b) => b.atMs - a.atMs)[0],
  }
}
