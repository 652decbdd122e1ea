// The balancer's end towards the senders: one UDP port, emptied 64 datagrams at a time, with a receive
// buffer that survives the moments in which this machine does something else.
import dgram from 'node:dgram'
import { DatagramDrain, type TakeDatagram } from '../../src/intake/datagram-drain.ts'
import { KernelSocket } from '../../src/intake/kernel-socket.ts'
import { forceReceiveBuffer } from '../../src/intake/receive-buffer.ts'

const BUFFER_BYTES = 16 * 1024 * 1024

/** One front port; `take` gets bytes that are only valid until it returns. */
export class FrontSocket {
  readonly address: { readonly host: string; readonly port: number }
  readonly #socket: dgram.Socket
  readonly #kernel: KernelSocket | undefined
  readonly #drain: DatagramDrain | undefined

  private constructor(socket: dgram.Socket, take: TakeDatagram) {
    const { address, port } = socket.address()
    this.address = { host: address, port }
    this.#socket = socket
    this.#kernel = KernelSocket.find('udp4', port)
    if (this.#kernel) forceReceiveBuffer(this.#kernel.fd, BUFFER_BYTES)
    this.#drain = this.#kernel && DatagramDrain.open(this.#kernel.fd)
    socket.on('message', (bytes, { address: ip, port: from }) => {
      take(bytes, ip, from)
      this.#drain?.drain(take)
    })
  }

  static async open(take: TakeDatagram): Promise<FrontSocket> {
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES })
    await new Promise<void>((resolve) => socket.bind({ address: '127.0.0.1', port: 0 }, resolve))
    return new FrontSocket(socket, take)
  }

  /** Datagrams the kernel threw away because we did not read in time. */
  kernelDrops(): number {
    return this.#kernel?.state()?.drops ?? 0
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
    this.#drain?.close()
  }
}
