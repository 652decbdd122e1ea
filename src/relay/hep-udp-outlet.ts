// To anything that takes HEP over UDP. A datagram is handed to the wire and nobody says what becomes of it.
//
// One sender is one 5-tuple, and a balancer pins that to one node for good. So the calls are spread over
// many flows: sockets with a source port each, whole calls on one flow. A flow is opened anew every reopenMs,
// one after the other, so that nodes which came since get their part:
//
//   call ─key─▶ flow 0 … 255 ─▶ balancer ─▶ node by 5-tuple          256 flows on 4 nodes: max/mean about 1.13
//
// How fast it may go is bounded, because after an outage the spool gives more than a receive buffer holds.
import { isIPv6 } from 'node:net'
import { pause } from '#backoff'
import { type Outlet, OutletError, type Parcel, type Receipt } from './outlet.ts'
import { healthProbe } from './probe-health.ts'
import { spreadKeyOf } from './spread-key.ts'
import { withKey } from './with-key.ts'

export interface HepUdpOptions {
  /** Source ports, shared among the targets. @default 256 */
  readonly flows?: number
  /** Each flow is opened anew this often; 0 = never. @default 5 minutes */
  readonly reopenMs?: number
  /** @default 50000 */
  readonly framesPerSecondMax?: number
  /** Agent key put into every frame. */
  readonly key?: string | undefined
  /** Where a target says over HTTP whether it takes work: its port for GET /readyz. */
  readonly healthPort?: number | undefined
}

const BURST_FRAMES = 64
const DATAGRAM_BYTES_MAX = 65_507
const FULL_MS = 5 // until the kernel's buffer is asked again
const SLOT_BITS = 12 // those by which targets were dealt

export function openHepUdp(options: HepUdpOptions = {}): Outlet {
  const outlet = new HepUdp(options)
  return {
    send: (parcel, target, signal) => outlet.send(parcel, target, signal),
    ...healthProbe(options.healthPort),
    keepOnly: (targets) => outlet.keepOnly(targets),
    close: async () => outlet.keepOnly([]),
  }
}

class HepUdp {
  readonly #options: HepUdpOptions
  readonly #targets = new Map<string, Flows>()
  #sharers = 1
  #paidUntilMs = 0

  constructor(options: HepUdpOptions) {
    this.#options = options
  }

  async send(parcel: Parcel, target: string, signal: AbortSignal): Promise<Receipt> {
    const flows = await this.#flowsTo(target)
    flows.refuseIfRefused()
    const { key, framesPerSecondMax = 50_000 } = this.#options
    const walk = parcel.walk()
    let rejected = 0
    for (let more = walk.next(); more; ) {
      const burst = flows.burst()
      let frames = 0
      for (; more && frames < BURST_FRAMES; more = walk.next(), frames++) {
        const { bytes, from, to, receivedUs } = walk
        const frame = key ? withKey(bytes.subarray(from, to), key) : bytes.subarray(from, to)
        const call = spreadKeyOf(bytes, from, to, receivedUs) >>> SLOT_BITS
        if (frame.length > DATAGRAM_BYTES_MAX) rejected++
        else burst.add(call, frame)
      }
      await burst.send(signal)
      await this.#keepPace(frames / framesPerSecondMax, signal)
    }
    return { taken: parcel.frames - rejected, rejected }
  }

  keepOnly(targets: readonly string[]): void {
    this.#sharers = Math.max(1, targets.length)
    for (const [target, flows] of this.#targets) {
      if (targets.includes(target)) continue
      this.#targets.delete(target)
      flows.close()
    }
  }

  async #flowsTo(target: string): Promise<Flows> {
    const known = this.#targets.get(target)
    if (known) return known
    const { flows = 256, reopenMs = 300_000 } = this.#options
    const made = new Flows(target, Math.max(1, Math.ceil(flows / this.#sharers)), reopenMs)
    this.#targets.set(target, made)
    await made.open()
    return made
  }

  // Sleeping is exact to a millisecond or so: short debts are let run up.
  async #keepPace(seconds: number, signal: AbortSignal): Promise<void> {
    const now = performance.now()
    this.#paidUntilMs = Math.max(this.#paidUntilMs, now) + seconds * 1_000
    if (this.#paidUntilMs - now > FULL_MS) await pause(this.#paidUntilMs - now, signal)
  }
}

type Flow = Bun.udp.ConnectedSocket<'buffer'>

/** The sockets to one target. */
class Flows {
  readonly #url: URL
  readonly #count: number
  readonly #flows: Flow[] = []
  readonly #timer: Timer | undefined
  #opening: Promise<void> | undefined
  #reopenNext = 0
  #refused: string | undefined
  #closed = false

  constructor(target: string, count: number, reopenMs: number) {
    this.#url = new URL(target)
    this.#count = count
    if (reopenMs === 0) return
    this.#timer = setInterval(() => void this.#reopenOne(), Math.max(10, reopenMs / count))
    this.#timer.unref()
  }

  open(): Promise<void> {
    this.#opening ??= this.#openAll()
    return this.#opening
  }

  /** Nobody listens there: the kernel was told after an earlier datagram. */
  refuseIfRefused(): void {
    const why = this.#refused
    this.#refused = undefined
    if (why) throw new OutletError(why, { kind: 'refused' })
  }

  burst(): Burst {
    return new Burst(this.#flows)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
    for (const flow of this.#flows.splice(0)) flow.close()
  }

  async #openAll(): Promise<void> {
    const made = await Promise.all(Array.from({ length: this.#count }, () => this.#openOne()))
    this.#flows.push(...made)
  }

  async #openOne(): Promise<Flow> {
    const hostname = this.#url.hostname.replace(/^\[|\]$/g, '')
    const handlers = {
      // Bun hands over the error alone, unlike its type.
      error: (error: unknown) => {
        this.#refused = `${this.#url.href}: ${(error as Error).message}`
      },
    }
    try {
      return await Bun.udpSocket({
        hostname: isIPv6(hostname) ? '::' : '0.0.0.0',
        connect: { hostname, port: Number(this.#url.port) },
        socket: handlers as { error: never },
      })
    } catch (error) {
      throw new OutletError(`${this.#url.href}: ${String(error)}`, { kind: 'refused' }, error)
    }
  }

  // The new one first: what is sent meanwhile has a way.
  async #reopenOne(): Promise<void> {
    const place = this.#reopenNext++ % this.#count
    const old = this.#flows[place]
    if (!old) return
    const fresh = await this.#openOne().catch(() => undefined)
    if (!fresh) return
    if (this.#closed) return void fresh.close()
    this.#flows[place] = fresh
    old.close()
  }
}

/** Some frames, by flow. */
class Burst {
  readonly #flows: readonly Flow[]
  readonly #frames = new Map<number, Buffer[]>()

  constructor(flows: readonly Flow[]) {
    this.#flows = flows
  }

  add(call: number, frame: Buffer): void {
    const place = call % this.#flows.length
    const frames = this.#frames.get(place)
    if (frames) frames.push(frame)
    else this.#frames.set(place, [frame])
  }

  async send(signal: AbortSignal): Promise<void> {
    for (const [place, frames] of this.#frames) {
      const sent = trySend(this.#flows[place]!, frames)
      for (const frame of frames.slice(sent)) {
        while (!signal.aborted && trySend(this.#flows[place]!, [frame]) === 0)
          await pause(FULL_MS, signal)
      }
    }
  }
}

// An error is that of an earlier datagram, and `error` above has it, or of one that can never be sent.
function trySend(flow: Flow, frames: readonly Buffer[]): number {
  try {
    return flow.closed ? frames.length : flow.sendMany(frames)
  } catch {
    return frames.length > 1 ? 0 : 1
  }
}
