// kill -9 of a real writer, at random points, again and again on the same spool.
import { expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { renderSpoolReport } from './spool-report.ts'
import { numbersTo, readAll, temporaryDirectory } from './test-frames.ts'
import { verifySpool } from './verify-spool.ts'

const WRITER = fileURLToPath(new URL('./test-writer.ts', import.meta.url))
const KILLS = 8

/** Lets a writer run until it was killed `afterMs` after its first word; returns its last word. */
async function writeAndKill(directory: string, afterMs: number): Promise<number> {
  const child = Bun.spawn({
    cmd: [process.execPath, WRITER, directory, '10000000', '700', '20000'],
    env: { ...process.env, CALLIOPE_LOG_LEVEL: 'silent' },
    stdout: 'pipe',
  })
  let text = ''
  let armed = false
  for await (const part of child.stdout) {
    text += Buffer.from(part).toString()
    if (!armed) setTimeout(() => child.kill('SIGKILL'), afterMs)
    armed = true
  }
  await child.exited
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n')
  const flushed = lines.filter((line) => line.startsWith('flushed ')).at(-1)
  return Number(flushed?.split(' ')[1] ?? lines[0]!.split(' ')[1])
}

test('kill -9 of a writer loses nothing it flushed, and its counters are its frames', async () => {
  using directory = temporaryDirectory()
  let flushed = 0
  for (let kill = 0; kill < KILLS; kill++) {
    flushed = await writeAndKill(directory.path, 5 + Math.random() * 60)
    const lane = openLane({ directory: directory.path, lane: 'udp-0' })
    const { received, appended } = lane.ledger.counts()
    await lane.close()
    expect(appended).toBeGreaterThanOrEqual(flushed)
    expect(received).toBe(appended)
    const reader = openReader({ directory: directory.path, lane: 'udp-0' })
    const { numbers, lostFrames } = readAll(reader)
    expect(lostFrames).toBe(0)
    expect(numbers.length).toBe(appended)
    expect(numbers).toEqual(numbersTo(appended))
    reader.close()
  }
  expect(flushed).toBeGreaterThan(1_000)
  expect(renderSpoolReport(verifySpool(directory.path))).toEndWith(
    'every batch matches its checksum',
  )
}, 30_000)
