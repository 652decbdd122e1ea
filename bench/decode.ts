// Microseconds per frame for checkHep and decodeHep: a typical 738-byte SIP frame, and the fixture
// of real Kamailio frames.  node_modules/.bin/bun bench/decode.ts
import { checkHep, decodeHep, encodeHep } from '#hep'
import { readFixture } from '../test/fixtures/pcap.ts'

const ROUNDS = 5
const CALLS = process.env.CALLIOPE_BENCH_QUICK ? 10_000 : 1_000_000

const typical = Array.from({ length: 500 }, (_, i) =>
  encodeHep({
    srcIp: `10.1.${i % 7}.${i % 250}`,
    dstIp: '10.2.0.1',
    srcPort: 5060,
    dstPort: 5060,
    atUs: 1_795_227_198_000_000 + i,
    captureId: 2001,
    payload: Buffer.alloc(738 - 99, 'INVITE sip:+4989123@example.com SIP/2.0\r\n'),
  }),
)
const real = readFixture().map(({ hep }) => hep)

/** Best of some rounds: what the code costs when nothing else wants the processor. */
function usPerCall(frames: readonly Buffer[], read: (frame: Buffer) => unknown): string {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    for (let i = 0; i < CALLS; i++) read(frames[i % frames.length]!)
    best = Math.min(best, performance.now() - started)
  }
  return ((best / CALLS) * 1000).toFixed(3)
}

for (const [name, frames] of [
  ['738-byte v3 frame', typical],
  ['Kamailio fixture', real],
] as const) {
  console.log(
    `${name}: checkHep ${usPerCall(frames, checkHep)} us, decodeHep ${usPerCall(frames, decodeHep)} us`,
  )
}
