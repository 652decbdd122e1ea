// The driver's side of sender-worker.ts.
import type { SenderOptions, SenderReport, SenderRequest } from './sender-worker.ts'

/** A sender on its own thread. */
export class SenderThread {
  readonly #worker = new Worker(new URL('./sender-worker.ts', import.meta.url))
  readonly #started = Promise.withResolvers<void>()
  readonly #stopped = Promise.withResolvers<number>()
  sent = 0

  private constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<SenderReport>) => {
      this.sent = data.sent
      this.#started.resolve()
      if (data.kind === 'stopped') this.#stopped.resolve(data.sent)
    }
  }

  static async start(options: SenderOptions): Promise<SenderThread> {
    const thread = new SenderThread()
    thread.#say({ kind: 'start', options })
    await thread.#started.promise
    return thread
  }

  rate(packetsPerSecond: number): void {
    this.#say({ kind: 'rate', packetsPerSecond })
  }

  /** Returns how many it sent in all. */
  async stop(): Promise<number> {
    this.#say({ kind: 'stop' })
    const sent = await this.#stopped.promise
    this.#worker.terminate()
    return sent
  }

  #say(request: SenderRequest): void {
    this.#worker.postMessage(request)
  }
}
