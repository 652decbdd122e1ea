// The driver's side of balancer-worker.ts.
import type { Address, BalancerCounts, BalancerOptions, TargetSetup } from './balancer.ts'
import type { BalancerRequest } from './balancer-worker.ts'

export interface Zone {
  readonly zone: string
  readonly udp: Address
  readonly tcp: Address
}

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** A balancer on its own thread. */
export class BalancerThread {
  readonly #worker = new Worker(new URL('./balancer-worker.ts', import.meta.url))
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0
  zones: readonly Zone[] = []

  private constructor() {
    type Answer = { readonly call: number; readonly value: never; readonly error?: string }
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.call)
      this.#waiting.delete(data.call)
      if (data.error === undefined) waiting?.resolve(data.value)
      else waiting?.reject(new Error(data.error))
    }
  }

  static async start(options: BalancerOptions): Promise<BalancerThread> {
    const thread = new BalancerThread()
    thread.zones = await thread.#ask<readonly Zone[]>({ kind: 'start', options })
    return thread
  }

  register(target: TargetSetup): Promise<void> {
    return this.#ask({ kind: 'register', target })
  }

  /** Resolves when the flows have moved away. */
  deregister(id: string, delayMs?: number): Promise<void> {
    return this.#ask({ kind: 'deregister', id, delayMs })
  }

  counts(): Promise<BalancerCounts> {
    return this.#ask({ kind: 'counts' })
  }

  async close(): Promise<void> {
    await this.#ask({ kind: 'close' })
    this.#worker.terminate()
  }

  #ask<Value>(request: BalancerRequest): Promise<Value> {
    const call = ++this.#calls
    return new Promise<Value>((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as (value: never) => void, reject })
      this.#worker.postMessage({ ...request, call })
    })
  }
}
