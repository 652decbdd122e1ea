// The sending process: `sender.ts {json}`. Prints what it sent, and what that cost, as one line of JSON.
//
// UDP is paced here and not by fleet's sendTraffic, for the least CPU: it shares two cores with what
// it measures (datagrams.ts). The first second rises from nothing to the whole rate, as traffic does when
// senders move over; its datagrams count like all others. A sender that falls behind sends without a
// pause until it is even again, and says how far behind it was at worst.
import { sendTraffic } from '#fleet'
import {
  type Datagrams,
  type FrameSource,
  offloadedDatagrams,
  plainDatagrams,
} from './datagrams.ts'
import { connectedSocket, nap } from './system-calls.ts'
import { evenFrames, type TrafficShape, trafficRing } from './traffic.ts'

export interface SendJob {
  readonly transport: 'udp' | 'tcp' | 'http'
  readonly port: number
  readonly rate: number
  readonly seconds: number
  readonly senders: number
  readonly traffic: TrafficShape | 'even'
  /** Lets the kernel cut datagrams apart, as a network card would put them in. @default false */
  readonly offload?: boolean
  /** What the agents' clocks show beyond ours. @default 0 */
  readonly clockAheadMs?: number
}

export interface Sent {
  readonly sent: number
  readonly seconds: number
  readonly frameBytes: number
  /** Of the whole process while it sent, the kernel's part with the receiver's interrupt work in it. */
  readonly userUs: number
  readonly kernelUs: number
  readonly behindMsMax: number
}

const RISE_SECONDS = 1
const NAP_US = 400 // spinning would take a core from the receiver
const CHUNK = 32

const job = JSON.parse(process.argv[2]!) as SendJob
const source: FrameSource = job.traffic === 'even' ? evenFrames() : trafficRing(job.traffic)
const udp = job.transport === 'udp' ? prepareUdp() : undefined
const before = process.cpuUsage()
const sent = udp ? sendUdp(udp) : await sendOther()
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ ...sent, userUs: user, kernelUs: system }))
process.exit(0)

function prepareUdp(): { sockets: number[]; datagrams: Datagrams } {
  return {
    sockets: Array.from({ length: job.senders }, () => connectedSocket(job.port)),
    datagrams: job.offload ? offloadedDatagrams(source) : plainDatagrams(source),
  }
}

function sendUdp({ sockets, datagrams }: ReturnType<typeof prepareUdp>) {
  const { rate, seconds } = job
  const total = Math.floor(rate * seconds)
  const aheadUs = (job.clockAheadMs ?? 0) * 1_000
  const beganMs = performance.now()
  let [frames, bytes, turn, behind] = [0, 0, 0, 0]
  while (frames < total) {
    const due = Math.min(total, dueAfter((performance.now() - beganMs) / 1_000))
    if (frames + CHUNK > due && due < total) {
      nap(NAP_US)
      continue
    }
    behind = Math.max(behind, due - frames)
    const nowUs = Math.floor((performance.timeOrigin + performance.now()) * 1_000) + aheadUs
    const group = datagrams.send(sockets[turn++ % sockets.length]!, nowUs)
    frames += group.frames
    bytes += group.bytes
  }
  const took = (performance.now() - beganMs) / 1_000
  const behindMsMax = (behind / rate) * 1_000
  return { sent: frames, seconds: took, frameBytes: bytes / frames, behindMsMax }
}

function dueAfter(tookSeconds: number): number {
  const risen = Math.min(tookSeconds, RISE_SECONDS)
  return job.rate * ((risen * risen) / (2 * RISE_SECONDS) + (tookSeconds - risen))
}

async function sendOther() {
  const { transport, port, rate, seconds, senders } = job
  const { sent, bytes, elapsedMs, errors, lastError } = await sendTraffic({
    source: trafficRing(job.traffic === 'even' ? 'whole' : job.traffic),
    to: { host: '127.0.0.1', port },
    transport,
    ratePerSecond: rate,
    count: Math.floor(rate * seconds),
    senders,
  })
  if (errors > 0) console.error(`${errors} errors while sending: ${lastError}`)
  return { sent, seconds: elapsedMs / 1_000, frameBytes: bytes / sent, behindMsMax: 0 }
}
