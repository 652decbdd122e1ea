// Capture servers for tests of senders: real sockets on loopback that keep what they receive.
import dgram from 'node:dgram'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { HepStream } from '#hep'

export interface ReceivedFrame {
  readonly frame: Buffer
  readonly peerPort: number
}

export interface Sink extends AsyncDisposable {
  readonly port: number
  readonly frames: readonly ReceivedFrame[]
  /** Resolves once so many frames are here. */
  received(count: number): Promise<void>
}

/** Certificate of the TLS sink, for 127.0.0.1 and localhost. */
const pem = (name: string): string =>
  readFileSync(join(import.meta.dir, 'fixtures', `localhost.${name}`), 'utf8')
export const sinkCertificate = (): string => pem('crt')

class Kept {
  readonly frames: ReceivedFrame[] = []
  #waiting: { count: number; resolve: () => void }[] = []

  add(frame: Buffer, peerPort: number): void {
    this.frames.push({ frame: Buffer.from(frame), peerPort })
    for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.frames.length))
      resolve()
    this.#waiting = this.#waiting.filter(({ count }) => count > this.frames.length)
  }

  received(count: number): Promise<void> {
    if (this.frames.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ count, resolve }))
  }
}

/** Keeps datagrams. */
export async function udpSink(): Promise<Sink> {
  const kept = new Kept()
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  socket.on('message', (frame, { port }) => kept.add(frame, port))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return sink(
    kept,
    socket.address().port,
    () => new Promise<void>((resolve) => socket.close(() => resolve())),
  )
}

/** Keeps the frames of TCP or TLS connections; `onConnection` sees each first. */
export async function streamSink(
  kind: 'tcp' | 'tls' = 'tcp',
  onConnection: (socket: net.Socket) => void = () => {},
): Promise<Sink> {
  const kept = new Kept()
  const sockets = new Set<net.Socket>()
  const accept = (socket: net.Socket) => {
    const { remotePort = 0 } = socket
    sockets.add(socket)
    const onFault = (fault: { detail: string }) => {
      throw new Error(fault.detail)
    }
    const frames = new HepStream({ onFrame: (frame) => kept.add(frame, remotePort), onFault })
    socket.on('data', (chunk: Buffer) => frames.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  }
  const server =
    kind === 'tcp'
      ? net.createServer(accept)
      : tls.createServer({ cert: pem('crt'), key: pem('key') }, accept)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return sink(kept, (server.address() as net.AddressInfo).port, async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
}

/** Keeps the binary messages of WebSockets. */
export function webSocketSink(): Sink {
  const kept = new Kept()
  const server = Bun.serve<{ port: number }>({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: (request, bun) =>
      bun.upgrade(request, { data: { port: bun.requestIP(request)!.port } })
        ? undefined
        : new Response('no', { status: 400 }),
    websocket: { message: (socket, message) => kept.add(message as Buffer, socket.data.port) },
  })
  return sink(kept, server.port!, () => server.stop(true))
}

/** Keeps the frames of POST bodies; `answer` makes the response from their number. */
export function httpSink(answer: (received: number) => Response = acknowledge): Sink {
  const kept = new Kept()
  const server = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: async (request, bun) => {
      const peerPort = bun.requestIP(request)!.port
      const stream = new HepStream({
        onFrame: (frame) => kept.add(frame, peerPort),
        onFault: () => {},
      })
      const body = Buffer.from(await request.arrayBuffer())
      const before = kept.frames.length
      stream.push(body)
      return answer(kept.frames.length - before)
    },
  })
  return sink(kept, server.port!, () => server.stop(true))
}

const acknowledge = (received: number): Response =>
  Response.json({ received, appended: received, rejected: 0 })

const sink = (kept: Kept, port: number, close: () => unknown): Sink => ({
  port,
  frames: kept.frames,
  received: (count) => kept.received(count),
  [Symbol.asyncDispose]: async () => {
    await close()
  },
})
