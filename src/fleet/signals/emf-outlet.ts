// Where embedded metrics go: standard output, which awslogs and FireLens carry to CloudWatch Logs, or the
// CloudWatch agent beside the node. Metrics are not data: what an agent does not take is lost, never kept.
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'

/** `udp` and `tcp`: the CloudWatch agent, usually 127.0.0.1:25888. */
export type EmfTarget =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'udp' | 'tcp'; readonly host: string; readonly port: number }

export interface EmfOutlet {
  write(line: string): void
  close(): void
}

/** A log event of CloudWatch, and a datagram of the agent, have at most 256 KiB and 64 KiB. */
const UDP_BYTES_MAX = 65_507
/** What may wait for an agent that reads slowly. */
const TCP_WAITING_BYTES_MAX = 256 * 1024

export function openEmfOutlet(
  target: EmfTarget,
  stdout: { write(text: string): unknown } = process.stdout,
): EmfOutlet {
  switch (target.kind) {
    case 'stdout':
      return { write: (line) => void stdout.write(`${line}\n`), close: () => {} }
    case 'udp':
      return openUdp(target.host, target.port)
    case 'tcp':
      return new TcpOutlet(target.host, target.port)
  }
}

function openUdp(host: string, port: number): EmfOutlet {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.unref()
  socket.on('error', () => {}) // nobody listens there: so be it
  return {
    write: (line) => {
      const bytes = Buffer.from(`${line}\n`)
      if (bytes.length <= UDP_BYTES_MAX) socket.send(bytes, port, host, () => {})
    },
    close: () => socket.close(),
  }
}

/** Connects at the first line, and again at the next one after the agent went away. */
class TcpOutlet implements EmfOutlet {
  readonly #host: string
  readonly #port: number
  #socket: Socket | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  write(line: string): void {
    this.#socket ??= this.#connect()
    if (this.#socket.writableLength < TCP_WAITING_BYTES_MAX) this.#socket.write(`${line}\n`)
  }

  close(): void {
    this.#socket?.end()
    this.#socket = undefined
  }

  #connect(): Socket {
    const socket = connect({ host: this.#host, port: this.#port })
    socket.unref()
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
    })
    return socket
  }
}
