// The sending process: `sender.ts {json}`. Prints what it sent as one line of JSON.
//
// UDP is paced here and not by fleet's sendTraffic, for the least CPU: it shares two cores with what
// it measures. The first second rises from nothing to the whole rate, as traffic does when senders
// move over; its datagrams count like all others.
import { sendTraffic } from '#fleet'
import { type TrafficShape, trafficRing } from './traffic.ts'

export interface SendJob {
  readonly transport: 'udp' | 'tcp' | 'http'
  readonly port: number
  readonly rate: number
  readonly seconds: number
  readonly senders: number
  readonly traffic: TrafficShape
}

export interface Sent {
  readonly sent: number
  readonly seconds: number
  readonly frameBytes: number
}

const GROUP = 32
const RISE_SECONDS = 1
const NAP_MS = 0.5 // spinning would take a core from the receiver

const job = JSON.parse(process.argv[2]!) as SendJob
const ring = trafficRing(job.traffic)
console.log(JSON.stringify(await (job.transport === 'udp' ? sendUdp() : sendOther())))
process.exit(0)

async function sendUdp(): Promise<Sent> {
  const { port, rate, seconds, senders } = job
  const sockets = await Promise.all(
    Array.from({ length: senders }, () =>
      Bun.udpSocket({ connect: { hostname: '127.0.0.1', port } }),
    ),
  )
  const total = Math.floor((rate * seconds) / GROUP) * GROUP
  const group: Buffer[] = []
  const beganMs = performance.now()
  let [sent, bytes] = [0, 0]
  while (sent < total) {
    const due = Math.min(total, dueAfter((performance.now() - beganMs) / 1_000))
    if (sent + GROUP > due) {
      Bun.sleepSync(NAP_MS)
      continue
    }
    const nowUs = Math.floor((performance.timeOrigin + performance.now()) * 1_000)
    for (let i = 0; i < GROUP; i++) group[i] = ring.frameAt(sent + i, nowUs + i)
    for (const frame of group) bytes += frame.length
    const socket = sockets[(sent / GROUP) % senders]!
    let out = 0
    while (out < GROUP) out += socket.sendMany(group.slice(out))
    sent += GROUP
  }
  return { sent, seconds: (performance.now() - beganMs) / 1_000, frameBytes: bytes / sent }
}

function dueAfter(tookSeconds: number): number {
  const risen = Math.min(tookSeconds, RISE_SECONDS)
  return job.rate * ((risen * risen) / (2 * RISE_SECONDS) + (tookSeconds - risen))
}

async function sendOther(): Promise<Sent> {
  const { transport, port, rate, seconds, senders } = job
  const { sent, bytes, elapsedMs, errors, lastError } = await sendTraffic({
    source: ring,
    to: { host: '127.0.0.1', port },
    transport,
    ratePerSecond: rate,
    count: Math.floor(rate * seconds),
    senders,
  })
  if (errors > 0) console.error(`${errors} errors while sending: ${lastError}`)
  return { sent, seconds: elapsedMs / 1_000, frameBytes: bytes / sent }
}
