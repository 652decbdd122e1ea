// Microseconds per frame for each way of reading HEP and SIP: the check at the intake, the skim the
// store takes of every message, and the whole decoding a read does. Frames of the benchmarks' own
// calls, and real ones from a Kamailio.  node_modules/.bin/bun bench/decode.ts
import { checkHep, decodeHep, hepSkim, skimHep } from '#hep'
import { parseSip, skimSip } from '#sip'
import { readFixture } from '../test/fixtures/pcap.ts'
import { trafficRing } from './traffic.ts'

const ROUNDS = 7
const CALLS = process.env.CALLIOPE_BENCH_QUICK ? 10_000 : 500_000

const ring = trafficRing('whole')
const made = Array.from({ length: 2_000 }, (_, i) => Buffer.from(ring.frameAt(i, 1.795e15 + i)))
// Only what is SIP: a skim of anything else is no skim.
const real = readFixture()
  .map(({ hep }) => hep)
  .filter((frame) => skim(frame))

/** Best of some rounds: what the code costs when nothing else wants the processor. */
function usPerCall(frames: readonly Buffer[], read: (frame: Buffer) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    for (let i = 0; i < CALLS; i++) read(frames[i % frames.length]!)
    best = Math.min(best, performance.now() - started)
  }
  return (best / CALLS) * 1_000
}

/** What the store does to every message. */
function skim(frame: Buffer): boolean {
  return skimHep(frame, 0, frame.length) && skimSip(frame, hepSkim.payloadAt, hepSkim.payloadEnd)
}

function whole(frame: Buffer): unknown {
  const packet = decodeHep(frame)
  return packet.kind === 'packet' && parseSip(packet.payload)
}

let worst = 0
for (const [name, frames] of [
  ['seven-message calls', made],
  [`Kamailio fixture, ${real.length} SIP frames`, real],
] as const) {
  const bytes = frames.reduce((sum, { length }) => sum + length, 0) / frames.length
  const missed = frames.filter((frame) => !skim(frame)).length
  const us = usPerCall(frames, skim)
  worst = Math.max(worst, us)
  console.log(
    `${name}, ${bytes.toFixed(0)} bytes: checkHep ${usPerCall(frames, checkHep).toFixed(3)} us, ` +
      `skim of HEP + SIP as the store does ${us.toFixed(3)} us (${missed} of ${frames.length} need more), ` +
      `decodeHep + parseSip with objects ${usPerCall(frames, whole).toFixed(3)} us`,
  )
}
const how = 'what the store asks of every message; the slower of generated and Kamailio frames'
console.log(
  `figures ${JSON.stringify({ decode: { value: Math.round(worst * 1_000) / 1_000, how } })}`,
)
