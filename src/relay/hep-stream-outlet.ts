// To anything that takes HEP v3 over TCP or TLS. The receiver says nothing, but it can make us wait, and
// it can hang up. A parcel is done when the kernel has taken its last byte and the connection has stood for
// confirmMs after that. When it breaks before, the parcel is sent again and some of it may arrive twice; what
// a receiver had for longer and did not keep is lost, and nobody can know.
//
// Whole calls go over one of several connections; each is opened anew every reopenMs, so that nodes which
// came behind a balancer since get their part. Frames of HEP v1 and v2, which no stream can carry, become v3.
import net from 'node:net'
import tls from 'node:tls'
import { pause } from '#backoff'
import { type Outlet, OutletError, type Parcel, type Receipt } from './outlet.ts'
import { healthProbe } from './probe-health.ts'
import { spreadKeyOf } from './spread-key.ts'
import { asVersion3, withKey } from './with-key.ts'

export interface HepStreamOptions {
  /** Connections to each target. @default 4 */
  readonly connections?: number
  /** @default 5 minutes; 0 = never */
  readonly reopenMs?: number
  /** A receiver that takes nothing for so long is left. @default 10000 */
  readonly stallMs?: number
  /** @default 500 */
  readonly confirmMs?: number
  readonly key?: string | undefined
  /** Authority of the targets' certificates, PEM. @default those the system trusts */
  readonly ca?: string | undefined
  readonly healthPort?: number | undefined
}

const SLOT_BITS = 12
const CONNECT_MS_MAX = 5_000
const AWAKE_WAITS = 10
const ROOM_BYTES = 256 * 1024 // more than any frame

export function openHepStream(options: HepStreamOptions = {}): Outlet {
  const outlet = new HepStreams(options)
  return {
    send: (parcel, target, signal) => outlet.send(parcel, target, signal),
    ...healthProbe(options.healthPort),
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
    const standing = sent.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    const { confirmMs = 500 } = this.#options
    const confirmed = Promise.race([
      ...standing.map(({ broken }) => broken.then(() => false)),
      awake(confirmMs, signal).then(() => true),
    ])
    return { taken: parcel.frames - rejected, rejected, confirmed }
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

/**
 * Time in which we could have heard of a connection that broke. A thread that was held up finds its timer over and
 * the end of the connection waiting, and would hear of the timer first: so it is several short waits, of which
 * being held up takes one.
 */
async function awake(ms: number, signal: AbortSignal): Promise<void> {
  for (let wait = 0; wait < AWAKE_WAITS; wait += 1) await pause(ms / AWAKE_WAITS, signal)
}

/** An open connection; `broken` resolves with why it ended, unless we ended it. */
interface Link {
  readonly socket: net.Socket
  readonly broken: Promise<string>
  readonly openedMs: number
  isOver: boolean
}

/** One connection at a time to one target, opened when there is something to send. */
class Connection {
  readonly #url: URL
  readonly #options: HepStreamOptions
  readonly #room = Buffer.allocUnsafeSlow(ROOM_BYTES)
  #link: Link | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(target: string, options: HepStreamOptions) {
    this.#url = new URL(target)
    this.#options = options
  }

  /** Writes frames, one caller after the other; resolves with the connection when the kernel has them. */
  async write(frames: readonly Buffer[], signal: AbortSignal): Promise<Link[]> {
    if (frames.length === 0) return []
    const { stallMs = 10_000 } = this.#options
    const written = this.#turn.then(() => this.#writeAll(frames, stallMs, signal))
    this.#turn = written.catch(() => undefined)
    return [await written]
  }

  close(): void {
    if (this.#link) this.#link.isOver = true
    this.#link?.socket.end()
    this.#link = undefined
  }

  async #writeAll(frames: readonly Buffer[], stallMs: number, signal: AbortSignal): Promise<Link> {
    const { reopenMs = 300_000 } = this.#options
    const link = this.#link
    if (link && reopenMs > 0 && performance.now() - link.openedMs > reopenMs) this.close()
    const open = await this.#open()
    for (let next = 0; next < frames.length; ) {
      let bytes = 0
      while (next < frames.length && bytes + frames[next]!.length <= this.#room.length)
        bytes += frames[next++]!.copy(this.#room, bytes)
      await this.#write(open, bytes, stallMs, signal)
    }
    return open
  }

  // Over one buffer: the kernel has its bytes when the next are put in.
  async #write(link: Link, bytes: number, stallMs: number, signal: AbortSignal): Promise<void> {
    const written = new Promise<string>((resolve) =>
      link.socket.write(this.#room.subarray(0, bytes), (error) =>
        resolve(error ? error.message : ''),
      ),
    )
    const waiting = new AbortController()
    const stalled = pause(stallMs, AbortSignal.any([signal, waiting.signal]))
    const why = await Promise.race([
      ...[written, link.broken],
      stalled.then(() => `nothing was taken for ${stallMs} ms`),
    ])
    waiting.abort()
    if (why === '') return
    if (this.#link === link) this.#link = undefined
    link.socket.destroy()
    throw this.#unknown(why)
  }

  async #open(): Promise<Link> {
    if (this.#link) return this.#link
    const socket = this.#connect()
    const ended = Promise.withResolvers<string>()
    const opened = Promise.withResolvers<string>()
    socket.once(this.#url.protocol === 'tls:' ? 'secureConnect' : 'connect', () =>
      opened.resolve(''),
    )
    let why = 'the connection was cut'
    socket.on('error', ({ message }) => {
      why = message
      opened.resolve(message)
    })
    socket.resume() // nothing is expected; its end must be heard
    const openedMs = performance.now()
    const link: Link = { socket, broken: ended.promise, openedMs, isOver: false }
    socket.on('close', () => {
      opened.resolve(why)
      if (!link.isOver) ended.resolve(why)
      if (this.#link === link) this.#link = undefined
    })
    const late = Bun.sleep(CONNECT_MS_MAX).then(() => `no connection in ${CONNECT_MS_MAX} ms`)
    const refused = await Promise.race([opened.promise, late])
    if (refused === '') {
      this.#link = link
      return link
    }
    socket.destroy()
    throw new OutletError(`${this.#url.href}: ${refused}`, { kind: 'refused' })
  }

  #unknown(why: string): OutletError {
    return new OutletError(`${this.#url.href}: ${why}`, { kind: 'unknown' })
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
