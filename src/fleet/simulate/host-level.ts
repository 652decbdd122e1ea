// The second level of a two-level policy: machines with room for a few nodes each. A machine that was asked
// for has room when it is up; one that is given back must be empty first.
import type { HostLevel as HostPolicy } from '../policy/policy.ts'

export class HostLevel {
  readonly #policy: HostPolicy | undefined
  readonly #startSeconds: number
  /** When each is up. */
  readonly #upAt: number[] = []
  #paidSeconds = 0
  #since = 0

  constructor(policy: HostPolicy | undefined, nodes: number, startSeconds: number) {
    this.#policy = policy
    this.#startSeconds = startSeconds
    const needed = policy ? Math.max(policy.hostsMin, Math.ceil(nodes / policy.nodesPerHost)) : 0
    for (let i = 0; i < needed; i++) this.#upAt.push(0)
  }

  get isUsed(): boolean {
    return this.#policy !== undefined
  }

  get count(): number {
    return this.#upAt.length
  }

  get room(): number {
    return this.roomAt(0)
  }

  /** vCPUs of all hosts: as many as their nodes may have. */
  cpus(nodeCpus: number): number {
    return this.count * (this.#policy?.nodesPerHost ?? 0) * nodeCpus
  }

  roomAt(now: number): number {
    if (this.#policy === undefined) return Number.POSITIVE_INFINITY
    return this.#upAt.filter((at) => at <= now).length * this.#policy.nodesPerHost
  }

  /** Sets the number of hosts and returns the room there is now; `onAsked` for each that is started. */
  want(hosts: number | undefined, now: number, nodes: number, onAsked: () => void): number {
    if (this.#policy === undefined || hosts === undefined) return this.roomAt(now)
    const least = Math.max(hosts, Math.ceil(nodes / this.#policy.nodesPerHost))
    if (least !== this.count) this.#pay(now)
    while (this.count < hosts) {
      this.#upAt.push(now + this.#startSeconds)
      onAsked()
    }
    if (this.count > least) this.#upAt.length = least // newest last: the oldest stay
    return this.roomAt(now)
  }

  /** Host seconds up to now. */
  paidUntil(now: number): number {
    this.#pay(now)
    return this.#paidSeconds
  }

  #pay(now: number): void {
    this.#paidSeconds += this.count * (now - this.#since)
    this.#since = now
  }
}
