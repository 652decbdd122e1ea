// HEP over UDP. A datagram is read or lost, so the handler does the least there is: check, append.
//
// Under a flood the runtime hands over datagrams back to back and its timers starve. Whatever must
// happen once a second (looking for datagrams the kernel dropped) is therefore also done by clock
// from within the handler; the timer is for quiet times. So is noticing that we are to stop.
//
// Closing loses nothing that had reached us: the socket is first connected to itself, which makes
// the kernel refuse datagrams from everybody else (and hand them to whoever shares the port), then
// what waits in its buffer is read, then it is closed.
import dgram from 'node:dgram'
import { isIP } from 'node:net'
import { log } from '#log'
import { DatagramDrain } from './datagram-drain.ts'
import type { FrameReceiver } from './frame-receiver.ts'
import type { IntakeCounters } from './intake-counters.ts'
import { cannotListen } from './intake-error.ts'
import { KernelSocket } from './kernel-socket.ts'
import type { Address, Listener } from './listener.ts'
import { addressText, peerAddress } from './peer-address.ts'
import { forceReceiveBuffer, grantedBytes } from './receive-buffer.ts'

const LOOK_MS = 1_000
const LOOK_EVERY = 256 // datagrams between looks at the clock
const DRAIN_POLL_MS = 5
const DRAIN_MS_MAX = 5_000

export interface UdpOptions {
  readonly address: Address
  /** Several sockets on this port, of this process or its successor, share the senders. */
  readonly sharePort: boolean
  readonly receiveBufferBytes: number
  readonly receiver: FrameReceiver
  readonly counters: IntakeCounters
  /** Asked now and then; true closes the socket although no message may have come through. */
  readonly isStopping?: () => boolean
  /** Called about once a second with how many datagrams the kernel threw away meanwhile. */
  readonly onLook: (kernelDrops: number) => void
}

/** Opens the socket; rejects with an IntakeError that names the address. */
export async function listenUdp(options: UdpOptions): Promise<Listener> {
  const { address, sharePort, receiveBufferBytes } = options
  const socket = dgram.createSocket({
    type: isIP(address.host) === 6 ? 'udp6' : 'udp4',
    recvBufferSize: receiveBufferBytes,
    reusePort: sharePort,
  })
  await bind(socket, address)
  return new UdpListener(socket, options)
}

/**
 * Opens the port for ourselves alone and closes it again: sharing a port also succeeds when another
 * program shares it, and would then take half of its traffic. Returns the address it had.
 */
export async function probeUdp(address: Address): Promise<Address> {
  const socket = dgram.createSocket(isIP(address.host) === 6 ? 'udp6' : 'udp4')
  await bind(socket, address)
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return { host: address.host, port }
}

function bind(socket: dgram.Socket, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(cannotListen('UDP', addressText(host, port), error)))
    socket.bind({ address: host, port }, resolve)
  })
}

class UdpListener implements Listener {
  readonly transport = 'udp'
  readonly address: Address
  readonly #socket: dgram.Socket
  readonly #options: UdpOptions
  readonly #kernel: KernelSocket | undefined
  readonly #drain: DatagramDrain | undefined
  readonly #timer: Timer
  #sinceLook = 0
  #lookedMs = 0
  #dropsSeen = 0
  #closing: Promise<void> | undefined

  constructor(socket: dgram.Socket, options: UdpOptions) {
    const { address, port, family } = socket.address()
    this.address = { host: address, port }
    this.#socket = socket
    this.#options = options
    this.#kernel = KernelSocket.find(family === 'IPv6' ? 'udp6' : 'udp4', port)
    this.#dropsSeen = this.#kernel?.state()?.drops ?? 0
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    socket.removeAllListeners('error')
    socket.on('error', (error) =>
      log.warn({ room: 'intake', err: error }, 'UDP socket reported an error'),
    )
    this.#drain = this.#kernel && DatagramDrain.open(this.#kernel.fd)
    const take = (bytes: Buffer, ip: string, from: number) => this.#take(bytes, ip, from)
    socket.on('message', (bytes, { address: ip, port: from }) => {
      take(bytes, peerAddress(ip), from)
      this.#drain?.drain(take)
    })
    this.#settleReceiveBuffer()
  }

  close(): Promise<void> {
    this.#closing ??= this.#drainAndClose()
    return this.#closing
  }

  #take(bytes: Buffer, ip: string, port: number): void {
    const { counters, receiver } = this.#options
    counters.add('udpDatagrams')
    counters.add('udpBytes', bytes.length)
    receiver.receive(bytes, ip, port)
    if (++this.#sinceLook >= LOOK_EVERY) this.#lookIfDue()
  }

  #lookIfDue(): void {
    this.#sinceLook = 0
    if (this.#options.isStopping?.()) void this.close()
    if (performance.now() - this.#lookedMs >= LOOK_MS) this.#look()
  }

  #look(): void {
    this.#lookedMs = performance.now()
    const drops = this.#kernel?.state()?.drops ?? this.#dropsSeen
    const more = Math.max(0, drops - this.#dropsSeen)
    this.#dropsSeen = drops
    this.#options.counters.add('kernelDrops', more)
    this.#options.onLook(more)
  }

  #settleReceiveBuffer(): void {
    const { receiveBufferBytes: asked, counters } = this.#options
    if (grantedBytes(this.#socket) < asked && this.#kernel)
      forceReceiveBuffer(this.#kernel.fd, asked)
    const granted = grantedBytes(this.#socket)
    counters.set('receiveBufferAskedBytes', asked)
    counters.set('receiveBufferGrantedBytes', granted)
    if (granted >= asked) return
    log.warn(
      { room: 'intake', askedBytes: asked, grantedBytes: granted },
      `The kernel granted a UDP receive buffer of ${granted} bytes, ${asked} were asked for; ` +
        `bursts may be lost. Raise the limit: sysctl -w net.core.rmem_max=${asked}`,
    )
  }

  async #drainAndClose(): Promise<void> {
    await this.#refuseNewSenders()
    const deadlineMs = performance.now() + DRAIN_MS_MAX
    // Without /proc we cannot see what waits; then one pause has to do.
    do {
      await Bun.sleep(DRAIN_POLL_MS)
    } while ((this.#kernel?.state()?.waitingBytes ?? 0) > 0 && performance.now() < deadlineMs)
    clearInterval(this.#timer)
    this.#look()
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
    this.#drain?.close()
  }

  #refuseNewSenders(): Promise<void> {
    const { host, port } = this.address
    const self = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    return new Promise((resolve) => this.#socket.connect(port, self, () => resolve()))
  }
}
