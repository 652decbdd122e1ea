// A disk that fails in the middle: the lane's open file is replaced, underneath its number, by a
// device that refuses to sync (/dev/null), or to be written and cut (/dev/full).
import { dlopen, FFIType } from 'bun:ffi'
import { expect, test } from 'bun:test'
import { closeSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { numberedFrame, readAll, temporaryDirectory } from './test-frames.ts'

const libc = dlopen('libc.so.6', {
  dup2: { args: [FFIType.int, FFIType.int], returns: FFIType.int },
})

/** Puts `device` in the place of every spool file this process has open for writing. */
function replaceOpenFiles(directory: string, device: string): void {
  const deviceFd = openSync(device, 'w')
  for (const fd of readdirSync('/proc/self/fd')) {
    if (linkOf(fd).startsWith(directory) && linkOf(fd).endsWith('.spool')) {
      libc.symbols.dup2(deviceFd, Number(fd))
    }
  }
  closeSync(deviceFd)
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

test('sync throws SPOOL_NOT_SAFE when the disk cannot sync, and the lane goes on in a new file', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'http', flushMs: 10_000 })
  lane.append(numberedFrame(0))
  await lane.sync()
  const since = lane.position
  lane.append(numberedFrame(1))
  lane.flush()
  replaceOpenFiles(directory.path, '/dev/null')
  await expect(lane.sync(since)).rejects.toMatchObject({ code: 'SPOOL_NOT_SAFE', retryable: true })
  await expect(lane.sync(since)).rejects.toMatchObject({ code: 'SPOOL_NOT_SAFE' })
  const later = lane.position
  lane.append(numberedFrame(2))
  await lane.sync(later)
  const reader = openReader({ directory: directory.path, lane: 'http' })
  for (let chunk = reader.read({ bytesMax: 1 }); chunk; chunk = reader.read({ bytesMax: 1 })) {
    const { records } = chunk.next
    expect(chunk.intake).toEqual({
      received: records,
      appended: records,
      rejected: {},
      dropped: {},
    })
    expect(chunk.losses).toEqual([])
  }
  expect(reader.cursor.records).toBe(3)
  expect(lane.ledger.counts()).toEqual({ received: 3, appended: 3, rejected: {}, dropped: {} })
  await lane.close()
})

test('callers whose frames came before a failed sync hear of it, whoever asked first', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'http', flushMs: 10_000 })
  lane.append(numberedFrame(0))
  lane.flush()
  replaceOpenFiles(directory.path, '/dev/null')
  const answers = await Promise.allSettled([lane.sync(0), lane.sync(0), lane.sync(0)])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  await lane.close()
})

test('a write that fails is counted over, also when the file cannot be cut, and the next file works', async () => {
  using directory = temporaryDirectory()
  let nowMs = 0
  const lane = openLane({
    directory: directory.path,
    lane: 'udp-0',
    flushMs: 10_000,
    now: () => nowMs,
  })
  lane.append(numberedFrame(0))
  lane.flush()
  replaceOpenFiles(directory.path, '/dev/full')
  const since = lane.position
  for (let n = 1; n < 4; n++) expect(lane.append(numberedFrame(n))).toBe('appended')
  lane.flush()
  expect(lane.ledger.counts()).toMatchObject({
    received: 4,
    appended: 1,
    dropped: { disk_error: 3 },
  })
  expect(lane.append(numberedFrame(4))).toBe('disk_error')
  await expect(lane.sync(since)).rejects.toThrow('send them again')
  nowMs = 251
  expect(lane.append(numberedFrame(5))).toBe('appended')
  lane.flush()
  const read = readAll(openReader({ directory: directory.path, lane: 'udp-0' }))
  expect(read).toEqual({ numbers: [0, 5], lostFrames: 0, setBackFrames: 0 })
  expect(lane.ledger.counts()).toEqual({
    received: 6,
    appended: 2,
    rejected: {},
    dropped: { disk_error: 4 },
  })
  await lane.close()
})

test('a lane that keepsRefused keeps the batch the disk refused, and writes it when the disk works again', async () => {
  using directory = temporaryDirectory()
  let nowMs = 0
  const lane = openLane({
    directory: directory.path,
    lane: 'udp-0',
    flushMs: 10_000,
    keepsRefused: true,
    now: () => nowMs,
  })
  lane.append(numberedFrame(0))
  lane.flush()
  replaceOpenFiles(directory.path, '/dev/full')
  for (let n = 1; n < 4; n++) expect(lane.append(numberedFrame(n))).toBe('appended')
  lane.flush()
  expect(lane.ledger.counts()).toEqual({ received: 4, appended: 4, rejected: {}, dropped: {} })
  expect(lane.append(numberedFrame(4))).toBe('disk_error')
  expect(lane.isFull).toBe(true)
  nowMs = 251
  expect(lane.isFull).toBe(false)
  expect(lane.append(numberedFrame(5))).toBe('appended')
  lane.flush()
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  expect(readAll(reader)).toEqual({
    numbers: [0, 1, 2, 3, 5],
    lostFrames: 0,
    setBackFrames: 0,
  })
  expect(lane.ledger.counts()).toMatchObject({
    received: 6,
    appended: 5,
    dropped: { disk_error: 1 },
  })
  await lane.close()
})

test('a lane that keepsRefused counts the batch over when it closes and the disk still refuses', async () => {
  using directory = temporaryDirectory()
  const options = { directory: directory.path, lane: 'udp-0', flushMs: 10_000, keepsRefused: true }
  const lane = openLane({ ...options, now: () => 0 })
  lane.append(numberedFrame(0))
  lane.flush()
  replaceOpenFiles(directory.path, '/dev/full')
  lane.append(numberedFrame(1))
  lane.flush()
  rmSync(directory.path, { recursive: true })
  writeFileSync(directory.path, 'a file where the directory was')
  await lane.close()
  expect(lane.ledger.counts()).toEqual({
    received: 2,
    appended: 1,
    rejected: {},
    dropped: { disk_error: 1 },
  })
})
