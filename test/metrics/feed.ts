// Sends calls, and reports on media that get worse and better, as long as it runs: what dashboards are tried on.
// Calls that fail with 403 and 482 are among them, because a graph asks for those.
//
//   bun test/metrics/feed.ts HOST:PORT
import dgram from 'node:dgram'
import { generateTraffic } from '#fleet'
import { encodeHep } from '#hep'
import { request } from '../agent-frames.ts'
import { mediaFrames } from './media-frames.ts'

const [host, port] = process.argv[2]!.split(':') as [string, string]
const socket = dgram.createSocket('udp4')
const send = (frame: Buffer) => socket.send(frame, Number(port), host)
const nowUs = () => Date.now() * 1000
const STEP_MS = 300
/** Graphs look for more than 20 of everything. */
const WORSE = 25

const calls = generateTraffic({ seed: 9, starts: 1e6, startsPerSecond: 12, startUs: nowUs() })
for (let round = 0, next = calls.next(); ; round += 1) {
  for (; !next.done && next.value.packet.atUs < nowUs(); next = calls.next())
    send(encodeHep(next.value.packet))
  for (const frame of mediaFrames(nowUs(), WORSE + (round % 9))) send(frame)
  for (const status of [403, 482]) refuse(`feed-${round}-${status}`, status)
  await Bun.sleep(STEP_MS)
}

function refuse(callId: string, status: number): void {
  send(request(callId))
  const lines = [
    `SIP/2.0 ${status} No`,
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKfeed',
    'From: <sip:ann@example.test>;tag=1',
    'To: <sip:bob@example.test>;tag=2',
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
    '\r\n',
  ]
  send(
    encodeHep({
      ...{ srcIp: '192.0.2.2', dstIp: '192.0.2.1', srcPort: 5060, dstPort: 5060, atUs: nowUs() },
      payload: Buffer.from(lines.join('\r\n')),
    }),
  )
}
