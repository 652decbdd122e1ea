// A writer for tests that need one in a process or thread of its own: appends numbered frames and
// says, line by line, up to which one it has handed them over (a process, not a thread, says so).
//   test-writer.ts DIRECTORY FRAMES FRAME_BYTES FLUSH_BYTES [FILE_BYTES] [PAUSE_US]
import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { openLane } from './open-lane.ts'
import { numberedFrame } from './test-frames.ts'

const [directory, frames, frameBytes, flushBytes, fileBytes = '1000000', pauseUs = '0'] =
  process.argv.slice(2)
const lane = openLane({
  directory: directory!,
  lane: 'udp-0',
  fileBytesMax: Number(fileBytes),
  flushBytes: Number(flushBytes),
})
const first = lane.ledger.appended
const say = (line: string) => isMainThread && writeSync(1, `${line}\n`)
say(`first ${first}`)
for (let n = first; n < first + Number(frames); n++) {
  const verdict = lane.append(numberedFrame(n, Number(frameBytes)))
  if (verdict !== 'appended') continue
  if (n % 100 === 99) {
    lane.flush()
    say(`flushed ${n + 1}`)
  }
  if (n % 5_000 === 0) await lane.sync()
  pause(Number(pauseUs))
}
await lane.close()
say(`counts ${JSON.stringify(lane.ledger.counts())}`)

// Too short to sleep.
function pause(us: number): void {
  const untilMs = performance.now() + us / 1_000
  while (performance.now() < untilMs) {}
}
