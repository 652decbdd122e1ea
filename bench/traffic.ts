// The traffic of all benchmarks: seven-message calls (fleet's mix `calls`), sent round and round with
// new Call-IDs, numbers and times.
//
//   whole    a call's messages come within milliseconds of each other: most end up in one batch
//   spread   20,000 calls are up at once: at 100 k msg/s a call takes 1.4 s and is dealt out over batches
//   even     INVITEs in frames of 738 bytes each: the measure of intake, which looks at no more than that
import { buildTrafficRing, type TrafficRing } from '#fleet'
import { encodeHep } from '#hep'
import type { FrameSource } from './datagrams.ts'

const SHAPES = {
  whole: { starts: 1_000, startsPerSecond: 0.05 },
  spread: { starts: 20_000, startsPerSecond: 5_000 },
} as const

export type TrafficShape = keyof typeof SHAPES

export const trafficRing = (shape: TrafficShape, seed = 1): TrafficRing =>
  buildTrafficRing({ mix: 'calls', seed, ...SHAPES[shape] })

export const EVEN_BYTES = 738
const EVEN_FRAMES = 4_096

/** Frames that are all of one length, each a call of its own. */
export function evenFrames(): FrameSource {
  const frames = Array.from({ length: EVEN_FRAMES }, (_, i) => evenFrame(i))
  const timeAt = frames[0]!.indexOf(Buffer.from([0, 0, 0, 9, 0, 10]))
  return {
    length: EVEN_FRAMES,
    frameAt(position, atUs) {
      const frame = frames[position % EVEN_FRAMES]!
      const seconds = Math.floor(atUs / 1e6)
      frame.writeUInt32BE(seconds, timeAt + 6)
      frame.writeUInt32BE(atUs - seconds * 1e6, timeAt + 16)
      return frame
    },
  }
}

function evenFrame(i: number): Buffer {
  const head = [
    'INVITE sip:+4989123456@sbc.example.net SIP/2.0',
    `Via: SIP/2.0/UDP 10.1.2.3:5060;rport;branch=z9hG4bK${1e9 + i}`,
    `Call-ID: ${2e9 + i}@10.1.2.3`,
    'From: "Alice Example" <sip:+4930987654@example.net>;tag=3f7a9d21',
    'To: <sip:+4989123456@sbc.example.net>',
    'CSeq: 1 INVITE',
  ].join('\r\n')
  const frameOf = (text: string): Buffer =>
    encodeHep({
      ...{ srcIp: '10.1.2.3', dstIp: '10.1.2.4', srcPort: 5060, dstPort: 5060 },
      ...{ atUs: Date.now() * 1_000, captureId: 2001, payload: Buffer.from(text) },
    })
  const end = '\r\nContent-Length: 0\r\n\r\n'
  const missing = EVEN_BYTES - frameOf(`${head}\r\nSubject: ${end}`).length
  return frameOf(`${head}\r\nSubject: ${'x'.repeat(missing)}${end}`)
}
