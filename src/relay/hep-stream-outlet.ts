// To anything that takes HEP v3 over TCP or TLS. The receiver says nothing, but it can make us wait: a
// parcel is done when the kernel has taken its last byte. What was on its way when a connection broke is
// gone or not, nobody knows; the parcel is sent again, so some of it may arrive twice.
//
// Whole calls go over one of several connections; each is opened anew every reopenMs, so that nodes which
// came behind a balancer since get their part. Frames of HEP v1 and v2, which no stream can carry, become v3.
import net from 'node:net'
import tls from 'node:tls'
import { type Outlet, OutletError, type Parcel, type Receipt } from './outlet.ts'
import { probeHealth } from './probe-health.ts'
import { spreadKeyOf } from './spread-key.ts'
import { asVersion3, withKey } from './with-key.ts'

export interface HepStreamOptions {
  /** Connections to each target. @default 4 */
  readonly connections?: number
  /** @default 5 minutes; 0 = never */
  readonly reopenMs?: number
  /** A receiver that takes nothing for so long is left. @default 10000 */
  readonly stallMs?: number
  readonly key?: string | undefined
  /** Authority of the targets' certificates, PEM. @default those the system trusts */
  readonly ca?: string | undefined
  readonly healthPort?: number | undefined
}

const SLOT_BITS = 12
const CONNECT_MS_MAX = 5_000

export function openHepStream(options: HepStreamOptions = {}): Outlet {
  const outlet = new HepStreams(options)
  const { healthPort } = options
  return {
    send: (parcel, target, signal) => outlet.send(parcel, target, signal),
    ...(healthPort
      ? { probe: (target: string, signal: AbortSignal) => probeHealth(target, healthPort, signal) }
      : {}),
    keepOnly: (targets) => outlet.keepOnly(targets),
    close: async () => outlet.keepOnly([]),
  }
}

class HepStreams {
  readonly #options: HepStreamOptions
  readonly #targets = new Map<string, Connection[]>()

  constructor(options: HepStreamOptions) {
    this.#options = options
  }

  async send(parcel: Parcel, target: string, signal: AbortSignal): Promise<Receipt> {
    const connections = this.#connectionsTo(target)
    const { shares, rejected } = this.#share(parcel, connections.length)
    const sent = await Promise.allSettled(
      shares.map((frames, i) => connections[i]!.write(frames, signal)),
    )
    const failed = sent.find((each) => each.status === 'rejected')
    if (failed) throw failed.reason
    return { taken: parcel.frames - rejected, rejected }
  }

  keepOnly(targets: readonly string[]): void {
    for (const [target, connections] of this.#targets) {
      if (targets.includes(target)) continue
      this.#targets.delete(target)
      for (const connection of connections) connection.close()
    }
  }

  #share(parcel: Parcel, count: number) {
    const { key } = this.#options
    const shares = Array.from({ length: count }, (): Buffer[] => [])
    const walk = parcel.walk()
    let rejected = 0
    while (walk.next()) {
      const { bytes, from, to, receivedUs } = walk
      const plain = bytes.subarray(from, to)
      const isV3 = plain.toString('latin1', 0, 4) === 'HEP3'
      const frame = key ? withKey(plain, key) : isV3 ? plain : asVersion3(plain)
      const call = spreadKeyOf(bytes, from, to, receivedUs) >>> SLOT_BITS
      if (frame) shares[call % count]!.push(frame)
      else rejected++
    }
    return { shares, rejected }
  }

  #connectionsTo(target: string): Connection[] {
    const known = this.#targets.get(target)
    if (known) return known
    const { connections = 4 } = this.#options
    const made = Array.from({ length: connections }, () => new Connection(target, this.#options))
    this.#targets.set(target, made)
    return made
  }
}

/** One connection at a time to one target, opened when there is something to send. */
class Connection {
  readonly #url: URL
  readonly #options: HepStreamOptions
  #socket: net.Socket | undefined
  #openedMs = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(target: string, options: HepStreamOptions) {
    this.#url = new URL(target)
    this.#options = options
  }

  /** Writes frames, one caller after the other; resolves when the kernel has them. */
  write(frames: readonly Buffer[], signal: AbortSignal): Promise<void> {
    if (frames.length === 0) return Promise.resolve()
    const written = this.#turn.then(() => this.#writeAll(frames, signal))
    this.#turn = written.catch(() => undefined)
    return written
  }

  close(): void {
    this.#socket?.end()
    this.#socket = undefined
  }

  async #writeAll(frames: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const { reopenMs = 300_000, stallMs = 10_000 } = this.#options
    if (this.#socket && reopenMs > 0 && performance.now() - this.#openedMs > reopenMs) this.close()
    const socket = await this.#open()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (why: string) => {
      this.#socket = undefined
      socket.destroy()
      reject(new OutletError(`${this.#url.href}: ${why}`, { kind: 'unknown' }))
    }
    const onEnd = () => fail('the connection was cut')
    const onAbort = () => fail('given up')
    const timer = setTimeout(() => fail(`nothing taken for ${stallMs} ms`), stallMs)
    socket.once('close', onEnd)
    signal.addEventListener('abort', onAbort)
    socket.write(Buffer.concat(frames), (error) => (error ? fail(error.message) : resolve()))
    try {
      await promise
    } finally {
      clearTimeout(timer)
      socket.off('close', onEnd)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #open(): Promise<net.Socket> {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    const socket = this.#connect()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const refuse = (why: string) => {
      socket.destroy()
      reject(new OutletError(`${this.#url.href}: ${why}`, { kind: 'refused' }))
    }
    const timer = setTimeout(() => refuse(`no connection in ${CONNECT_MS_MAX} ms`), CONNECT_MS_MAX)
    socket.once(this.#url.protocol === 'tls:' ? 'secureConnect' : 'connect', resolve)
    socket.on('error', (error) => refuse(error.message)) // when it is up, 'close' tells
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
    })
    socket.resume() // nothing is expected; its end must be heard
    await promise.finally(() => clearTimeout(timer))
    this.#openedMs = performance.now()
    this.#socket = socket
    return socket
  }

  #connect(): net.Socket {
    const { ca } = this.#options
    const host = this.#url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(this.#url.port)
    // The name that the certificate is for stands behind '#', see destination.ts.
    const name = this.#url.hash.slice(1) || host
    if (this.#url.protocol !== 'tls:') return net.connect({ host, port })
    const servername = net.isIP(name) ? {} : { servername: name }
    const checkServerIdentity = (_: string, cert: tls.PeerCertificate) =>
      tls.checkServerIdentity(name, cert)
    return tls.connect({ host, port, ...servername, checkServerIdentity, ...(ca ? { ca } : {}) })
  }
}
