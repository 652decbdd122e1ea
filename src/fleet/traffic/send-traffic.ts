// Sends generated traffic for real: evenly at a rate, or as fast as the transport takes it.
//
//   ring ──▶ the next packets, stamped with the present time ──▶ dealt to the senders by scene
//
// Packets leave in slices: at a rate, as many as are due each millisecond; else SLICE_MAX at a time,
// giving way to events in between. After a stall a rate is caught up gently, because a burst would
// overflow a receive buffer that bears the rate itself.
import type { RatePlan } from '../load/stage-plan.ts'
import type { TrafficKind } from './mix.ts'
import { type Outlet, type OutletOptions, SendTally, type SendTarget } from './outlet.ts'
import { openHttp } from './send-http.ts'
import { openTcp, openTls } from './send-stream.ts'
import { openUdp } from './send-udp.ts'
import { openWebSocket } from './send-websocket.ts'
import type { TrafficOptions } from './traffic.ts'
import { buildTrafficRing, type TrafficCount, TrafficRing } from './traffic-ring.ts'

export type SendTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'http'

export interface SendOptions {
  /** The packets, or the options to make them of. */
  readonly source: TrafficRing | TrafficOptions
  readonly to: SendTarget
  readonly transport: SendTransport
  /** Packets per second, or a plan for them over time. @default 'max' */
  readonly ratePerSecond?: number | RatePlan | 'max'
  /** Ends after this time; with neither this nor `count` the signal ends it. */
  readonly durationMs?: number
  /** Ends after this many packets. */
  readonly count?: number
  /** Sockets to send from, each a 5-tuple; the packets of a call stay on one. @default 1 */
  readonly senders?: number
  /** As in TrafficOptions, when the source is options. */
  readonly captureIds?: readonly number[]
  /** As in TrafficOptions, when the source is options. */
  readonly authKey?: string
  readonly tls?: OutletOptions['tls']
  readonly onProgress?: (progress: SendProgress) => void
  /** @default 1000 */
  readonly progressEveryMs?: number
  readonly signal?: AbortSignal
}

export interface SendProgress {
  readonly sent: number
  readonly bytes: number
  /** Frames the server said are safe; 0 except over HTTP. */
  readonly acknowledged: number
  readonly errors: number
  /** The last error in words; empty when there was none. */
  readonly lastError: string
  readonly elapsedMs: number
}

export interface SendSummary extends SendProgress {
  /** Packets and distinct Call-IDs per kind of scene. */
  readonly byKind: Partial<Record<TrafficKind, TrafficCount>>
  /** Distinct Call-IDs sent. */
  readonly calls: number
}

const SLICE_MAX = 256
const SENDERS_MAX = 1_000
const CLOSE_WAIT_MS = 5_000
const TICK_MS = 1
/** After a stall at most this much of the schedule is sent in one tick. */
const CATCH_UP_MS_MAX = 4

const OPEN: Record<SendTransport, (options: OutletOptions) => Promise<Outlet>> = {
  udp: openUdp,
  tcp: openTcp,
  tls: openTls,
  ws: openWebSocket,
  http: openHttp,
}

/** Sends traffic until the count, the duration or the signal ends it; rejects if it cannot begin. */
export async function sendTraffic(options: SendOptions): Promise<SendSummary> {
  const { source, to, transport, senders = 1, captureIds, authKey, tls } = options
  if (!(senders >= 1 && senders <= SENDERS_MAX))
    throw new RangeError(`senders must be 1 to ${SENDERS_MAX}, not ${senders}`)
  const agents = { ...(captureIds && { captureIds }), ...(authKey && { authKey }) }
  const ring = source instanceof TrafficRing ? source : buildTrafficRing({ ...source, ...agents })
  const tally = new SendTally()
  const outlets: Outlet[] = []
  try {
    for (let i = 0; i < senders; i++)
      outlets.push(await OPEN[transport]({ to, tally, ...(tls && { tls }) }))
    return await new SendRun(options, ring, outlets, tally).run()
  } finally {
    await Promise.all(outlets.map((outlet) => outlet.close(0)))
  }
}

class SendRun {
  readonly #options: SendOptions
  readonly #ring: TrafficRing
  readonly #outlets: readonly Outlet[]
  readonly #tally: SendTally
  readonly #stop: AbortSignal
  readonly #stopped: Promise<void>
  readonly #startedAt = performance.now()
  #sent = 0
  #bytes = 0
  #nextUs = 0
  #progressAt: number

  constructor(
    options: SendOptions,
    ring: TrafficRing,
    outlets: readonly Outlet[],
    tally: SendTally,
  ) {
    this.#options = options
    this.#ring = ring
    this.#outlets = outlets
    this.#tally = tally
    this.#stop = AbortSignal.any([
      ...(options.signal ? [options.signal] : []),
      ...(options.durationMs === undefined ? [] : [AbortSignal.timeout(options.durationMs)]),
    ])
    this.#stopped = new Promise((resolve) => {
      if (this.#stop.aborted) resolve()
      this.#stop.addEventListener('abort', () => resolve(), { once: true })
    })
    this.#progressAt = options.progressEveryMs ?? 1_000
  }

  async run(): Promise<SendSummary> {
    const { count = Number.POSITIVE_INFINITY, ratePerSecond = 'max' } = this.#options
    while (this.#sent < count && !this.#over()) {
      const slice = Math.min(this.#due(ratePerSecond), count - this.#sent)
      const waiting = this.#sendSlice(slice)
      if (waiting.length > 0) await Promise.race([Promise.all(waiting), this.#stopped])
      this.#report()
      if (this.#sent < count) await this.#giveWay(ratePerSecond)
    }
    // Stopped from outside we do not wait for a server that has stopped reading.
    const waitMs = this.#options.signal?.aborted ? CLOSE_WAIT_MS / 10 : CLOSE_WAIT_MS
    await Promise.all(this.#outlets.map((outlet) => outlet.close(waitMs)))
    const byKind = this.#ring.count(this.#sent)
    const calls = Object.values(byKind).reduce((sum, kind) => sum + kind.calls, 0)
    return { ...this.#progress(), byKind, calls }
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt
  }

  // The clock as well as the signal: under a flood timers come late.
  #over(): boolean {
    return (
      this.#stop.aborted ||
      this.#elapsedMs >= (this.#options.durationMs ?? Number.POSITIVE_INFINITY)
    )
  }

  #due(rate: number | RatePlan | 'max'): number {
    const most = Math.min(SLICE_MAX, this.#ring.length) // a frame stands in the ring only once
    if (rate === 'max') return most
    const now = this.#elapsedMs
    const isSteady = typeof rate === 'number'
    const due = isSteady ? (now * rate) / 1_000 : rate.dueAt(now)
    const behind = Math.floor(due) + 1 - this.#sent
    const gently = Math.ceil(((isSteady ? rate : rate.rateAt(now)) * CATCH_UP_MS_MAX) / 1_000)
    return Math.max(0, Math.min(behind, gently, this.#ring.length))
  }

  #giveWay(rate: number | RatePlan | 'max'): Promise<unknown> {
    return rate === 'max' ? new Promise(setImmediate) : Bun.sleep(TICK_MS)
  }

  /** Sends the next packets and returns what there is to wait for. */
  #sendSlice(slice: number): Promise<void>[] {
    const dealt: Buffer[][] = this.#outlets.map(() => [])
    const nowUs = (performance.timeOrigin + performance.now()) * 1_000
    // 1 µs apart keeps them in order; no time twice, or a message and its retransmission were one.
    const firstUs = Math.max(Math.floor(nowUs) - slice, this.#nextUs)
    this.#nextUs = firstUs + slice
    for (let i = 0; i < slice; i++) {
      const position = this.#sent + i
      const frame = this.#ring.frameAt(position, firstUs + i)
      dealt[this.#ring.sceneAt(position) % dealt.length]!.push(frame)
      this.#bytes += frame.length
    }
    this.#sent += slice
    return dealt.flatMap((frames, i) =>
      frames.length > 0 ? (this.#outlets[i]!.send(frames) ?? []) : [],
    )
  }

  #report(): void {
    const { onProgress, progressEveryMs = 1_000 } = this.#options
    if (onProgress === undefined || this.#elapsedMs < this.#progressAt) return
    this.#progressAt += progressEveryMs
    onProgress(this.#progress())
  }

  #progress(): SendProgress {
    const { acknowledged, errors, lastError } = this.#tally
    const elapsedMs = this.#elapsedMs
    return { sent: this.#sent, bytes: this.#bytes, acknowledged, errors, lastError, elapsedMs }
  }
}
