// Frames and directories for the spool's tests. Each frame carries its own number, so that a test can
// tell exactly which ones came back, in which order.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LaneReader } from './lane-reader.ts'
import type { IncomingFrame, SpoolRecord } from './record.ts'

/** Frame number `n`, `bytes` long (at least 4). */
export function numberedFrame(n: number, bytes = 40): IncomingFrame {
  const body = Buffer.alloc(Math.max(4, bytes), n & 0xff)
  body.writeUInt32LE(n, 0)
  return { receivedUs: 1e15 + n, transport: 'udp', peerIp: '10.0.0.1', peerPort: 5060, bytes: body }
}

export const numberOf = (record: SpoolRecord): number => record.bytes.readUInt32LE(0)

/** A directory of its own, gone when the scope ends. */
export function temporaryDirectory(under = tmpdir()): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(under, 'calliope-spool-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Everything a reader can read now. */
export function readAll(reader: LaneReader, bytesMax?: number) {
  const numbers: number[] = []
  let lostFrames = 0
  let setBackFrames = 0
  for (;;) {
    const chunk = reader.read(bytesMax === undefined ? {} : { bytesMax })
    if (!chunk) return { numbers, lostFrames, setBackFrames }
    lostFrames += chunk.lostFrames
    for (const loss of chunk.losses) if (loss.kind === 'set-back') setBackFrames += loss.frames
    for (const record of chunk.records) if (record.kind === 'frame') numbers.push(numberOf(record))
  }
}

/** Memory where there is such a disk: for tests that sync hundreds of times. */
export const memoryDisk = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

export const numbersTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n)
