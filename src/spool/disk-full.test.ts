// A disk that is really full: a file system of 1 MiB, mounted for the test. That takes root; without
// it the same test runs against a limit on file sizes, in a process of its own, and says so.
import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { openSpool } from './spool.ts'
import { numberedFrame, readAll, temporaryDirectory } from './test-frames.ts'
import { verifySpool } from './verify-spool.ts'

const WRITER = fileURLToPath(new URL('./test-writer.ts', import.meta.url))

/** Mounts a tiny file system; undefined, and loudly so, when this user may not. */
function tinyDisk(bytes: number): (Disposable & { readonly path: string }) | undefined {
  const directory = temporaryDirectory()
  const path = join(directory.path, 'disk')
  mkdirSync(path)
  const { exitCode, stderr } = Bun.spawnSync({
    cmd: ['mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path],
    stderr: 'pipe',
  })
  if (exitCode !== 0) {
    console.warn(`NOT TESTED on a full disk: cannot mount one here (${stderr.toString().trim()})`)
    directory[Symbol.dispose]()
    return undefined
  }
  return {
    path,
    [Symbol.dispose]: () => {
      Bun.spawnSync({ cmd: ['umount', '-l', path] })
      directory[Symbol.dispose]()
    },
  }
}

function wholeBytes(laneDir: string): number {
  return readdirSync(laneDir).reduce((sum, name) => sum + statSync(join(laneDir, name)).size, 0)
}

test.each([false, true])(
  'a full disk drops with disk_error, keeps the ledger exact, and goes on when there is space (keepsRefused %p)',
  async (keepsRefused) => {
    using disk = tinyDisk(1024 * 1024)
    if (!disk) return
    let nowMs = 0
    const options = {
      directory: join(disk.path, 'spool'),
      lane: 'udp-0',
      flushBytes: 20_000,
      keepsRefused,
      now: () => nowMs,
    }
    await using _ = await openSpool({ directory: options.directory, readers: ['store'] })
    const lane = openLane({ ...options, fileBytesMax: 100_000 })
    const reader = openReader(options)
    const kept: number[] = []
    let n = 0
    for (let round = 0; round < 3; round++) {
      while (lane.append(numberedFrame(n++, 700)) === 'appended') {}
      for (let more = 0; more < 100; more++)
        expect(lane.append(numberedFrame(n++, 700))).toBe('disk_error')
      expect(lane.isFull).toBe(true)
      await expect(lane.sync(0)).rejects.toThrow('send them again')
      const { received, appended, dropped } = lane.ledger.counts()
      expect(received).toBe(n)
      expect(appended + dropped.disk_error!).toBe(n)
      for (let chunk = reader.read(); chunk; chunk = reader.read()) {
        expect(chunk.lostFrames).toBe(0)
        kept.push(...chunk.records.map((record) => record.bytes.readUInt32LE(0)))
        reader.release('store', chunk.next)
      }
      // What is kept at hand is not readable yet: at most one batch of 20,000 bytes.
      expect(kept.length).toBeWithin(keepsRefused ? appended - 29 : appended, appended + 1)
      expect(new Set(kept).size).toBe(kept.length)
      nowMs += 10_000
      expect(lane.isFull).toBe(false)
      const since = lane.position
      expect(lane.append(numberedFrame(n++, 700))).toBe('appended')
      await lane.sync(since)
    }
    await lane.close()
    kept.push(...readAll(reader).numbers)
    expect(kept.length).toBe(lane.ledger.appended)
    const again = openLane(options)
    expect(again.ledger.counts()).toEqual(lane.ledger.counts())
    await again.close()
  },
)

test('a spool opens on a full disk, a new lane too: it drops, and takes frames once there is space', async () => {
  using disk = tinyDisk(1024 * 1024)
  if (!disk) return
  let nowMs = 0
  const directory = join(disk.path, 'spool')
  await openLane({ directory, lane: 'udp-0' }).close()
  const ballast = join(disk.path, 'ballast')
  try {
    for (let i = 0; ; i++) writeFileSync(`${ballast}-${i}`, Buffer.alloc(4_096))
  } catch {}
  await using _ = await openSpool({ directory, readers: ['store'] })
  const lane = openLane({ directory, lane: 'udp-1', flushBytes: 20_000, now: () => nowMs })
  expect(lane.isFull).toBe(true)
  expect(lane.append(numberedFrame(0))).toBe('disk_error')
  for (const name of readdirSync(disk.path))
    if (name.startsWith('ballast')) rmSync(join(disk.path, name))
  nowMs = 10_000
  expect(lane.append(numberedFrame(1))).toBe('appended')
  await lane.sync()
  expect(readAll(openReader({ directory, lane: 'udp-1' })).numbers).toEqual([1])
  expect(lane.ledger.counts()).toMatchObject({
    received: 2,
    appended: 1,
    dropped: { disk_error: 1 },
  })
  await lane.close()
})

test('a file size limit in the middle of a batch leaves whole batches and true counts', async () => {
  using directory = temporaryDirectory()
  const child = Bun.spawn({
    cmd: [
      'sh',
      '-c',
      'ulimit -f 300; exec "$@"',
      'sh',
      process.execPath,
      WRITER,
      directory.path,
      '5000',
      '700',
      '20000',
    ],
    env: { ...process.env, CALLIOPE_LOG_LEVEL: 'info' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [text, log] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  const counts = JSON.parse(/counts (.*)/.exec(text)![1]!)
  expect(counts.appended + counts.dropped.disk_error).toBe(counts.received)
  expect(wholeBytes(join(directory.path, 'udp-0'))).toBeGreaterThan(50_000)
  const { numbers, lostFrames } = readAll(openReader({ directory: directory.path, lane: 'udp-0' }))
  expect(lostFrames).toBe(0)
  expect(numbers.length).toBe(counts.appended)
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  expect(counts.dropped.disk_error).toBeGreaterThan(100)
  const refusals = log.split('the disk refuses the spool').length - 1
  const recoveries = log.split('the disk takes the spool again').length - 1
  expect([refusals - 1, refusals]).toContain(recoveries)
  expect(refusals).toBeLessThan(5)
  expect(verifySpool(directory.path).lanes[0]!.damaged).toEqual([])
})
