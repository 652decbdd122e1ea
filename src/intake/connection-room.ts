// How many stream connections there may be, in all and for each peer, over all transports of the
// thread. 20,000 idle connections cost about 4 KB each.
import type { Admission } from './admission.ts'
import type { IntakeCounters } from './intake-counters.ts'

export interface ConnectionLimits {
  readonly connectionsMax: number
  readonly connectionsPerPeerMax: number
}

/** Counts connections and says who may have one more. */
export class ConnectionRoom {
  readonly #limits: ConnectionLimits
  readonly #admission: Admission
  readonly #counters: IntakeCounters
  readonly #perPeer = new Map<string, number>()

  constructor(limits: ConnectionLimits, admission: Admission, counters: IntakeCounters) {
    this.#limits = limits
    this.#admission = admission
    this.#counters = counters
    counters.set('connectionsOpen', 0)
    counters.set('partialBytes', 0)
  }

  /** Takes a place for this peer, or says in words why there is none. */
  enter(ip: string): string | undefined {
    const refused = this.#whyNot(ip)
    if (refused !== undefined) {
      this.#counters.add('connectionsRefused')
      return refused
    }
    this.#perPeer.set(ip, (this.#perPeer.get(ip) ?? 0) + 1)
    this.#counters.add('connectionsOpen')
    this.#counters.add('connectionsAccepted')
    return undefined
  }

  leave(ip: string): void {
    const left = (this.#perPeer.get(ip) ?? 1) - 1
    if (left > 0) this.#perPeer.set(ip, left)
    else this.#perPeer.delete(ip)
    this.#counters.add('connectionsOpen', -1)
  }

  #whyNot(ip: string): string | undefined {
    const { connectionsMax, connectionsPerPeerMax } = this.#limits
    if (this.#admission.sourceOf(ip, Date.now())?.allowed === false)
      return 'its address is not on the allow-list'
    if (this.#counters.get('connectionsOpen') >= connectionsMax)
      return `${connectionsMax} connections are open, which is the limit`
    if ((this.#perPeer.get(ip) ?? 0) >= connectionsPerPeerMax)
      return `it has ${connectionsPerPeerMax} connections open, which is the limit for one address`
    return undefined
  }
}
