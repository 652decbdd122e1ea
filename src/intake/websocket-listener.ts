// HEP over WebSocket: each binary message is one frame, or several HEP3 frames. An agent may name the
// subprotocol 'hep'. Answers plain HTTP with a sentence, for people who try the port in a browser.
//
// A WebSocket is closed with code 1001 for its age or when we go. Bun ignores what comes between our
// close frame and the agent's answer, so frames in flight just then are lost to us: those who cannot
// lose a frame use the relay or POST /hep.
import type { Server } from 'bun'
import type { FrameReceiver } from './frame-receiver.ts'
import { cannotListen } from './intake-error.ts'
import type { Address, Listener } from './listener.ts'
import { addressText, peerAddress } from './peer-address.ts'
import { warnOfPeer } from './peer-log.ts'
import type { StreamParts } from './stream-listener.ts'
import { WebSocketConnection } from './websocket-connection.ts'

const MESSAGE_BYTES_MAX = 1024 * 1024
const PING_SECONDS = 120 // Bun pings after so long a silence and closes when no answer comes
const SUBPROTOCOL = 'hep'

export interface WebSocketListenerParts extends StreamParts {
  readonly address: Address
  readonly receiver: FrameReceiver
}

/** Listens for HEP over WebSocket; rejects with an IntakeError that names the address. */
export async function listenWebSocket(parts: WebSocketListenerParts): Promise<Listener> {
  return new WebSocketListener(parts)
}

class WebSocketListener implements Listener {
  readonly transport = 'ws'
  readonly address: Address
  readonly #parts: WebSocketListenerParts
  readonly #server: Server<WebSocketConnection>
  readonly #connections = new Set<WebSocketConnection>()
  readonly #sweep: Timer
  #closing: Promise<void> | undefined

  constructor(parts: WebSocketListenerParts) {
    this.#parts = parts
    this.#server = this.#serve()
    this.address = { host: parts.address.host, port: this.#server.port ?? parts.address.port }
    this.#sweep = setInterval(() => this.#lookOver(), parts.sweepMs)
  }

  close(): Promise<void> {
    this.#closing ??= this.#leaveAndClose()
    return this.#closing
  }

  #serve(): Server<WebSocketConnection> {
    const { host, port } = this.#parts.address
    try {
      return Bun.serve<WebSocketConnection>({
        hostname: host,
        port,
        fetch: (request, server) => this.#upgrade(request, server),
        websocket: {
          maxPayloadLength: MESSAGE_BYTES_MAX,
          idleTimeout: PING_SECONDS,
          open: (socket) => socket.data.opened(socket),
          message: (socket, message) => socket.data.take(asBytes(message)),
          close: (socket) => this.#left(socket.data),
        },
      })
    } catch (error) {
      throw cannotListen('WebSocket', addressText(host, port), error)
    }
  }

  #upgrade(request: Request, server: Server<WebSocketConnection>): Response | undefined {
    const peer = server.requestIP(request)
    const ip = peerAddress(peer?.address ?? '')
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') return plainHttp()
    const refused = this.#parts.room.enter(ip)
    if (refused !== undefined) return refuse(ip, peer?.port ?? 0, refused)
    const connection = this.#connection(ip, peer?.port ?? 0)
    if (server.upgrade(request, { data: connection, headers: subprotocol(request) })) {
      this.#connections.add(connection)
      return undefined
    }
    this.#parts.room.leave(ip)
    return new Response('The WebSocket handshake is incomplete.\n', { status: 400 })
  }

  #connection(ip: string, port: number): WebSocketConnection {
    const { ageMs, ageJitter } = this.#parts
    const lifeMs = ageMs * (1 + ageJitter * (2 * Math.random() - 1))
    const expiresMs = ageMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + lifeMs
    return new WebSocketConnection({ ...this.#parts, ip, port, expiresMs })
  }

  #left(connection: WebSocketConnection): void {
    if (!this.#connections.delete(connection)) return
    this.#parts.room.leave(connection.ip)
    connection.closed()
  }

  #lookOver(): void {
    const nowMs = performance.now()
    for (const connection of [...this.#connections]) connection.judgeTime(nowMs)
  }

  async #leaveAndClose(): Promise<void> {
    const stopped = this.#server.stop(false)
    for (const connection of [...this.#connections]) connection.leave()
    const waited = await Promise.race([
      stopped.then(() => true),
      Bun.sleep(this.#parts.rules.lingerMs).then(() => false),
    ])
    if (!waited) await this.#server.stop(true)
    clearInterval(this.#sweep)
    for (const connection of [...this.#connections]) this.#left(connection)
  }
}

// Text is never HEP; it goes the way of all bytes, so that it is counted and can be looked at.
const asBytes = (message: string | Buffer): Buffer =>
  typeof message === 'string' ? Buffer.from(message) : message

function subprotocol(request: Request): Record<string, string> {
  const offered = request.headers.get('sec-websocket-protocol')?.split(',') ?? []
  const known = offered.some((name) => name.trim() === SUBPROTOCOL)
  return known ? { 'Sec-WebSocket-Protocol': SUBPROTOCOL } : {}
}

function refuse(ip: string, port: number, why: string): Response {
  warnOfPeer(addressText(ip, port), 'ws', `Refused a ws connection: ${why}`)
  return new Response(`Refused: ${why}.\n`, { status: 503, headers: { 'Retry-After': '10' } })
}

const plainHttp = (): Response =>
  new Response('This port takes HEP over WebSocket, one frame in each binary message.\n', {
    status: 426,
    headers: { Upgrade: 'websocket' },
  })
