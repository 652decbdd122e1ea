// What the spool costs a frame, beside the least anything could cost: the same bytes written to a
// file with one write per 256 KiB and nothing else, and read back. Run: bun bench/spool.ts
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLane, openReader } from '#spool'

const FRAMES = process.env.CALLIOPE_BENCH_QUICK ? 10_000 : 300_000
const FRAME_BYTES = 738
const ROUNDS = 3
const frame = {
  receivedUs: 1.7e15,
  transport: 'udp' as const,
  peerIp: '192.0.2.17',
  peerPort: 5060,
  bytes: Buffer.alloc(FRAME_BYTES, 'SIP/2.0 200 OK\r\n'),
}

/** Microseconds a frame, the best of several rounds: the others were disturbed by something. */
function best(run: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const beganMs = performance.now()
    run()
    return ((performance.now() - beganMs) * 1_000) / FRAMES
  })
  return Math.min(...times)
}

const directory = mkdtempSync(join(tmpdir(), 'calliope-bench-'))
try {
  const block = Buffer.alloc(256 * 1024, 65)
  const blocks = Math.ceil((FRAMES * FRAME_BYTES) / block.length)
  const plainFd = openSync(join(directory, 'plain'), 'w+')
  let end = 0
  const plainWrite = best(() => {
    for (let i = 0; i < blocks; i++) end += writeSync(plainFd, block, 0, block.length, end)
  })
  const plainRead = best(() => {
    for (let i = 0; i < blocks; i++) readSync(plainFd, block, 0, block.length, i * block.length)
  })
  closeSync(plainFd)

  const lane = openLane({ directory, lane: 'udp-0' })
  const append = best(() => {
    for (let i = 0; i < FRAMES; i++) lane.append(frame)
    lane.flush()
  })
  const read = best(() => {
    const reader = openReader({ directory, lane: 'udp-0' })
    let bytes = 0
    let frames = 0
    while (frames < FRAMES) {
      for (const record of reader.read()!.records) {
        bytes += record.bytes[0]! + record.peerPort
        frames++
      }
    }
    reader.close()
    if (bytes === 0) throw new Error('nothing was read')
  })
  const syncMs: number[] = []
  for (let i = 0; i < 20; i++) {
    lane.append(frame)
    const beganMs = performance.now()
    await lane.sync()
    syncMs.push(performance.now() - beganMs)
  }
  await lane.close()

  const row = (name: string, us: number, plain: number) =>
    console.log(
      `${name.padEnd(18)}${us.toFixed(3).padStart(8)} µs  plain file ${plain.toFixed(3)} µs`,
    )
  row('append and flush', append, plainWrite)
  row('read', read, plainRead)
  console.log(
    `sync              ${syncMs
      .sort((a, b) => a - b)[10]!
      .toFixed(2)
      .padStart(8)} ms (median)`,
  )
} finally {
  rmSync(directory, { recursive: true })
}
