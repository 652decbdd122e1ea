// HEP over TCP and TLS: accepts, keeps the limits, and looks over all connections now and then.
// Everything about one connection is in stream-connection.ts.
import net, { type Server, type Socket } from 'node:net'
import { log } from '#log'
import type { ConnectionRoom } from './connection-room.ts'
import type { FrameReceiver } from './frame-receiver.ts'
import type { IntakeCounters } from './intake-counters.ts'
import { cannotListen } from './intake-error.ts'
import type { Address, Listener } from './listener.ts'
import { addressText, peerAddress } from './peer-address.ts'
import { warnOfPeer } from './peer-log.ts'
import type { PushBack } from './push-back.ts'
import { type ConnectionRules, StreamConnection } from './stream-connection.ts'

const BACKLOG = 4_096
const ACCEPT_MS = 20
const KEEP_ALIVE_MS = 60_000 // the kernel asks silent peers whether they still exist
const COLLECT_EXPELLED = 256 // of 64 KiB each at most: 16 MiB

/** What the stream transports of one thread share. */
export interface StreamParts {
  readonly room: ConnectionRoom
  readonly pushBack: PushBack
  readonly counters: IntakeCounters
  readonly rules: ConnectionRules
  /** How often all connections are looked over. */
  readonly sweepMs: number
  /** Of unfinished frames, all connections together. */
  readonly partialBytesMax: number
  /** Age at which connections are closed, 0 = never, and how much it may differ (0.2 = ±20 %). */
  readonly ageMs: number
  readonly ageJitter: number
}

export interface StreamListenerParts extends StreamParts {
  readonly address: Address
  readonly receiver: FrameReceiver
}

/** Listens for HEP over plain TCP. */
export const listenTcp = (parts: StreamListenerParts): Promise<Listener> => {
  const server = net.createServer({ allowHalfOpen: true })
  const listener = new StreamListener('tcp', server, parts)
  server.on('connection', (socket) => {
    if (listener.admit(socket)) listener.serve(socket)
  })
  return listener.listen()
}

/** The half that plain and ciphered streams have in common. */
export class StreamListener implements Listener {
  readonly transport: 'tcp' | 'tls'
  readonly #server: Server
  readonly #parts: StreamListenerParts
  readonly #connections = new Set<StreamConnection>()
  #address: Address
  #sweep: Timer | undefined
  #closing: Promise<void> | undefined
  #expelled = 0

  constructor(transport: 'tcp' | 'tls', server: Server, parts: StreamListenerParts) {
    this.transport = transport
    this.#server = server
    this.#parts = parts
    this.#address = parts.address
  }

  get address(): Address {
    return this.#address
  }

  async listen(): Promise<Listener> {
    const { host, port } = this.#parts.address
    await new Promise<void>((resolve, reject) => {
      const name = this.transport.toUpperCase()
      this.#server.once('error', (error) =>
        reject(cannotListen(name, addressText(host, port), error)),
      )
      this.#server.listen({ host, port, backlog: BACKLOG }, resolve)
    })
    this.#server.removeAllListeners('error')
    // Out of descriptors, most likely: connections wait in the kernel until there are some again.
    this.#server.on('error', (error) =>
      log.warn({ room: 'intake', err: error }, `Listening for HEP over ${this.transport} failed`),
    )
    const bound = this.#server.address() as { address: string; port: number }
    this.#address = { host: bound.address, port: bound.port }
    this.#sweep = setInterval(() => this.#lookOver(), this.#parts.sweepMs)
    return this
  }

  /** Gives a new socket a place among the limits, or closes it. */
  admit(socket: Socket): boolean {
    const ip = peerAddress(socket.remoteAddress ?? '')
    const peer = addressText(ip, socket.remotePort ?? 0)
    socket.on('error', () => {}) // 'close' follows, and that is where things are tidied up
    const refused = this.#parts.room.enter(ip)
    if (refused !== undefined) {
      warnOfPeer(peer, this.transport, `Refused a ${this.transport} connection: ${refused}`)
      socket.destroy()
      return false
    }
    socket.once('close', () => this.#parts.room.leave(ip))
    return true
  }

  /** Reads frames from an admitted socket whose handshake, if it has one, is done. */
  serve(socket: Socket): void {
    const nowMs = performance.now()
    const connection = new StreamConnection(
      {
        ...this.#parts,
        socket,
        ip: peerAddress(socket.remoteAddress ?? ''),
        port: socket.remotePort ?? 0,
        transport: this.transport,
        expiresMs: nowMs + this.#lifeMs(),
      },
      nowMs,
    )
    this.#connections.add(connection)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('data', (chunk: Buffer) => this.#take(connection, chunk))
    socket.on('end', () => socket.end())
    socket.once('close', () => {
      this.#connections.delete(connection)
      connection.closed()
    })
    if (this.#closing !== undefined) connection.leave(nowMs) // its handshake took until now
  }

  close(): Promise<void> {
    this.#closing ??= this.#leaveAndClose()
    return this.#closing
  }

  #take(connection: StreamConnection, chunk: Buffer): void {
    connection.take(chunk, performance.now())
    const { counters, partialBytesMax } = this.#parts
    if (counters.get('partialBytes') > partialBytesMax) this.#expelSlowest()
  }

  #lookOver(): void {
    const nowMs = performance.now()
    for (const connection of this.#connections) connection.judgeTime(nowMs)
  }

  // Those who fill memory with frames they never finish lose the oldest of them.
  #expelSlowest(): void {
    let slowest: StreamConnection | undefined
    for (const connection of this.#connections) {
      const beganMs = connection.frameBeganMs
      if (beganMs !== undefined && beganMs < (slowest?.frameBeganMs ?? Number.POSITIVE_INFINITY))
        slowest = connection
    }
    slowest?.expel('too many unfinished frames wait for their rest, and its was the oldest')
    // What they held is garbage of this thread's, which is too small for the collector to be in a hurry.
    this.#expelled += 1
    if (this.#expelled % COLLECT_EXPELLED === 0) Bun.gc(true)
  }

  #lifeMs(): number {
    const { ageMs, ageJitter } = this.#parts
    if (ageMs === 0) return Number.POSITIVE_INFINITY
    return ageMs * (1 + ageJitter * (2 * Math.random() - 1))
  }

  // Connections the kernel has made but we have not taken yet would be reset with their first frames
  // in them, so they get a moment. Senders that notice our FIN end in their own time; the sweep
  // closes the others.
  async #leaveAndClose(): Promise<void> {
    await Bun.sleep(ACCEPT_MS)
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    const nowMs = performance.now()
    for (const connection of this.#connections) connection.leave(nowMs)
    await closed
    clearInterval(this.#sweep)
  }
}
