// Sends generated traffic at a rate that changes while it runs, over many UDP flows that come and go:
// each lives for a while and is then opened anew from another port, as `calliope relay` does so that
// new nodes get load. A flow that lives for ever is the other case: `flowMs` 0.
import { buildTrafficRing } from '#fleet'

export interface SenderOptions {
  readonly to: { readonly host: string; readonly port: number }
  readonly flows: number
  /** How long a flow keeps its port; 0 = for ever. */
  readonly flowMs: number
  readonly seed: number
}

/** What the driver says. */
export type SenderRequest =
  | { readonly kind: 'start'; readonly options: SenderOptions }
  | { readonly kind: 'rate'; readonly packetsPerSecond: number }
  | { readonly kind: 'stop' }

/** Every tenth of a second, and once more at the end. */
export interface SenderReport {
  readonly kind: 'sent' | 'stopped'
  readonly sent: number
}

declare const self: Worker
type Socket = Bun.udp.ConnectedSocket<'buffer'>

const TICK_MS = 2
const REPORT_MS = 100
const SLICE_MAX = 256
/** Senders are several machines, as on a platform: 127.0.1.1 and so on. */
const HOSTS = 4

let options: SenderOptions
const sockets: Socket[] = []
const timers: Timer[] = []
let sent = 0
let packetsPerSecond = 0
let dueSince = performance.now()
let due = 0

self.onmessage = async ({ data }: MessageEvent<SenderRequest>) => {
  if (data.kind === 'rate') packetsPerSecond = data.packetsPerSecond
  else if (data.kind === 'start') await start(data.options)
  else stop()
}

async function start(given: SenderOptions): Promise<void> {
  options = given
  for (let i = 0; i < given.flows; i++) sockets.push(await openFlow(i))
  const ring = buildTrafficRing({ seed: given.seed, mix: 'calls', starts: 500 })
  dueSince = performance.now()
  timers.push(setInterval(() => sendDue(ring), TICK_MS))
  timers.push(setInterval(report, REPORT_MS))
  if (given.flowMs > 0) timers.push(setInterval(renewOne, given.flowMs / given.flows))
  report()
}

function stop(): void {
  for (const timer of timers) clearInterval(timer)
  for (const socket of sockets) socket.close()
  self.postMessage({ kind: 'stopped', sent } satisfies SenderReport)
}

const report = () => self.postMessage({ kind: 'sent', sent } satisfies SenderReport)

const openFlow = (place: number): Promise<Socket> =>
  Bun.udpSocket({
    hostname: `127.0.1.${(place % HOSTS) + 1}`,
    connect: { hostname: options.to.host, port: options.to.port },
    socket: { error: () => {} }, // the balancer counts what it got: what is missing there shows
  })

let oldest = 0

async function renewOne(): Promise<void> {
  const place = oldest++ % sockets.length
  const fresh = await openFlow(place)
  const old = sockets[place]!
  sockets[place] = fresh
  old.close()
}

// What this machine could not send in time is not sent at all: a burst afterwards would be a lie too.
function sendDue(ring: ReturnType<typeof buildTrafficRing>): void {
  const now = performance.now()
  due = Math.min(SLICE_MAX, due + ((now - dueSince) * packetsPerSecond) / 1_000)
  dueSince = now
  const dealt: Buffer[][] = sockets.map(() => [])
  const nowUs = (performance.timeOrigin + now) * 1_000
  for (let i = 0; i < Math.floor(due); i++) {
    const frame = ring.frameAt(sent + i, nowUs + i)
    dealt[ring.sceneAt(sent + i) % dealt.length]!.push(frame)
  }
  for (const [place, frames] of dealt.entries()) {
    if (frames.length === 0) continue
    const taken = sockets[place]!.sendMany(frames)
    sent += taken
    due -= taken
  }
}
