// Calliopes without a database: real sockets, real POST /hep over real lanes, that fail on demand. What a
// node has is read from its lane.
import { join } from 'node:path'
import { BatchMemory, createHttpIntake } from '#intake'
import { type LaneWriter, openLane, openReader } from '#spool'
import { numberOf } from '../../src/relay/testing/relay-rig.ts'

/** What happens to the next request: taken, taken but never answered, or answered by somebody else. */
export type Weather =
  | 'fine'
  | 'cut-answer'
  | 'half-answer'
  | 'proxy-502'
  | 'busy-429'
  | 'closing'
  | 'slow'

export class RealIntake implements AsyncDisposable {
  readonly #directory: string
  readonly #weather: () => Weather
  #server: Bun.Server<undefined> | undefined
  #lane: LaneWriter | undefined
  #batches: BatchMemory | undefined
  #port = 0
  isReady = true
  requests = 0
  readonly keys: readonly string[]

  constructor(directory: string, weather: () => Weather = () => 'fine', keys: string[] = []) {
    this.#directory = directory
    this.#weather = weather
    this.keys = keys
    this.start()
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens, at the same port as before. */
  start(): void {
    this.#lane = openLane({ directory: this.#directory, lane: 'http' })
    this.#batches = new BatchMemory(join(this.#directory, 'batches'), this.#lane.ledger.appended)
    this.#server = Bun.serve({
      ...{ hostname: '127.0.0.1', port: this.#port },
      fetch: (request) =>
        request.method === 'GET' ? this.#readiness() : this.#take(request, this.#weather()),
    })
    this.#port = this.#server.port!
  }

  /** Hangs up on everybody, in the middle of whatever it was. */
  async stop(): Promise<void> {
    await this.#server?.stop(true)
    await this.#lane?.close()
    this.#batches?.close()
    this.#server = undefined
  }

  /** Everything its lane holds. */
  records() {
    const reader = openReader({ directory: this.#directory, lane: 'http' })
    const records = []
    for (let chunk = reader.read(); chunk; chunk = reader.read()) records.push(...chunk.records)
    reader.close()
    return records.filter(({ kind }) => kind === 'frame')
  }

  numbers(): number[] {
    return this.records().map(({ bytes }) => numberOf(bytes))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server) await this.stop()
  }

  #readiness(): Response {
    return new Response(null, { status: this.isReady ? 200 : 503 })
  }

  async #take(request: Request, weather: Weather): Promise<Response> {
    this.requests++
    if (weather === 'busy-429') return Response.json({ error: { code: 'busy' } }, { status: 429 })
    if (weather === 'slow') await Bun.sleep(80)
    const handle = createHttpIntake({
      ...{ lane: this.#lane!, batches: this.#batches!, policy: { keys: this.keys } },
      isClosing: () => weather === 'closing',
    })
    const response = await handle(request, { ip: '127.0.0.9', port: 9 })
    if (weather === 'proxy-502') return new Response('Bad Gateway', { status: 502 })
    // As a connection looks that ends before the answer does.
    if (weather === 'cut-answer') return new Response('')
    if (weather === 'half-answer') return new Response('{"received":')
    return response
  }
}
