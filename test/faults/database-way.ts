// The way to a database, for cutting it: a port that forwards to the server, until it does not.
//
//   open      bytes go through
//   cut       connections end, new ones are refused: the server was stopped
//   swallow   connections stay open and nothing ever comes through them again; new ones work. That is
//             what a machine looks like that vanished without a word, its successor at its address
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '../../src/store/postgres/server.ts'

export class DatabaseWay implements Disposable {
  /** As the database's own URL, but through here. */
  readonly url: string
  readonly #target: { host: string; port: number }
  readonly #port: number
  readonly #pairs = new Map<Socket, Socket>()
  #server: Server | undefined

  private constructor(databaseUrl: string, port: number) {
    const { hostname: host, port: targetPort } = new URL(databaseUrl)
    this.#target = { host, port: Number(targetPort) }
    this.#port = port
    this.url = Object.assign(new URL(databaseUrl), { port: String(port) }).href
  }

  /** Open from the beginning. */
  static async to(databaseUrl: string): Promise<DatabaseWay> {
    const way = new DatabaseWay(databaseUrl, await freePort())
    await way.open()
    return way
  }

  async open(): Promise<void> {
    const server = createServer((near) => this.#forward(near))
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
  }

  cut(): void {
    this.#server?.close()
    for (const [near, far] of this.#pairs) {
      near.destroy()
      far.destroy()
    }
  }

  swallow(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far)
      far.unpipe(near)
      far.destroy()
      near.resume() // what still comes is read and thrown away
    }
  }

  [Symbol.dispose](): void {
    this.cut()
  }

  #forward(near: Socket): void {
    const far = connectTcp(this.#target)
    this.#pairs.set(near, far)
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', () => {})
    near.pipe(far)
    far.pipe(near)
    near.once('close', () => {
      this.#pairs.delete(near)
      far.destroy()
    })
  }
}
