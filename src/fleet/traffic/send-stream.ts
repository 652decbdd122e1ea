// HEP over TCP and TLS: frames back to back. A slow server makes us wait; a lost connection is
// counted and opened again, and what was under way then is lost, as with every agent of this kind.
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  cannotConnect,
  type Outlet,
  type OutletOptions,
  reasonOf,
  targetText,
  within,
} from './outlet.ts'

const CONNECT_WAIT_MS_MAX = 10_000
const RETRY_WAIT_MS = 250

/** Opens one TCP connection; rejects when the first attempt fails. */
export const openTcp = (options: OutletOptions): Promise<Outlet> =>
  StreamOutlet.open('tcp', options, ({ host, port }) => connectTcp({ host, port }))

/** Opens one TLS connection; rejects when the first attempt fails. */
export const openTls = (options: OutletOptions): Promise<Outlet> =>
  StreamOutlet.open('tls', options, ({ host, port }) =>
    connectTls({
      ...{ host, port },
      ...(isIP(host) ? {} : { servername: host }), // SNI names hosts, never addresses
      ...(options.tls?.ca === undefined ? {} : { ca: options.tls.ca }),
      rejectUnauthorized: options.tls?.verify ?? true,
    }),
  )

type Connect = (to: OutletOptions['to']) => Socket

class StreamOutlet implements Outlet {
  readonly #transport: 'tcp' | 'tls'
  readonly #options: OutletOptions
  readonly #connect: Connect
  #socket: Socket | undefined
  #closed = false

  private constructor(transport: 'tcp' | 'tls', options: OutletOptions, connect: Connect) {
    this.#transport = transport
    this.#options = options
    this.#connect = connect
  }

  static async open(transport: 'tcp' | 'tls', options: OutletOptions, connect: Connect) {
    const outlet = new StreamOutlet(transport, options, connect)
    try {
      await outlet.#open()
    } catch (error) {
      throw cannotConnect(transport, options.to, error)
    }
    return outlet
  }

  send(frames: readonly Buffer[]): Promise<void> | undefined {
    const bytes = Buffer.concat(frames) // a copy: the frames are changed again before it is sent
    const socket = this.#socket
    if (socket === undefined) return this.#sendAgain(bytes)
    return socket.write(bytes) ? undefined : drained(socket)
  }

  async close(waitMs: number): Promise<void> {
    this.#closed = true
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) return
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.end()
    if (await within(waitMs, gone)) return
    if (socket.writableLength > 0)
      this.#fail(`did not take the last ${socket.writableLength} bytes`)
    socket.destroy()
  }

  async #open(): Promise<void> {
    const socket = this.#connect(this.#options.to)
    const ready = this.#transport === 'tls' ? 'secureConnect' : 'connect'
    await once(socket, ready, { signal: AbortSignal.timeout(CONNECT_WAIT_MS_MAX) }).catch(
      (error) => {
        socket.destroy()
        throw error
      },
    )
    if (this.#closed) return void socket.destroy()
    socket.setNoDelay(true) // we batch ourselves
    socket.on('error', (error) => this.#fail(reasonOf(error)))
    socket.once('close', () => this.#lost(socket))
    socket.resume() // a capture server says nothing; if it does, it must not hold up the close
    this.#socket = socket
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.#fail('the connection was closed')
  }

  async #sendAgain(bytes: Buffer): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#open()
        const socket = this.#socket
        if (socket !== undefined && !socket.write(bytes)) await drained(socket)
        return
      } catch (error) {
        this.#fail(reasonOf(error))
        await Bun.sleep(RETRY_WAIT_MS)
      }
    }
  }

  #fail(what: string): void {
    const { to, tally } = this.#options
    tally.fail(`${this.#transport} ${targetText(to)}: ${what}`)
  }
}

/** Until the socket takes more, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
