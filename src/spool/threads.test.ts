// A writer and a reader in different threads at full speed: nothing but the files between them.
import { expect, test } from 'bun:test'
import { openReader } from './lane-reader.ts'
import { openSpool } from './spool.ts'
import { numberOf, temporaryDirectory } from './test-frames.ts'

const FRAMES = 100_000

test('a reader keeps up with a writer on another thread and gets every frame once, in order', async () => {
  using directory = temporaryDirectory()
  await using spool = await openSpool({ directory: directory.path, readers: ['store'] })
  const argv = [directory.path, String(FRAMES), '700', '60000']
  const writer = new Worker(new URL('./test-writer.ts', import.meta.url), { argv })
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  let next = 0
  let received = 0
  while (next < FRAMES) {
    const chunk = reader.read({ bytesMax: 300_000 })
    if (!chunk) await Bun.sleep(1)
    if (!chunk) continue
    expect(chunk.losses).toEqual([])
    for (const record of chunk.records) {
      if (numberOf(record) !== next++)
        throw new Error(`frame ${numberOf(record)} instead of ${next - 1}`)
    }
    expect(chunk.next.records).toBe(next)
    received = chunk.intake?.received ?? 0
    expect(received).toBe(next)
    reader.release('store', chunk.next)
  }
  expect(received).toBe(FRAMES)
  expect(spool.usage()).toMatchObject({ backlogBytes: 0, lanes: [{ files: 1 }] })
  writer.terminate()
  reader.close()
})

test('a reader at the heels of a writer that changes files all the time misses none', async () => {
  using directory = temporaryDirectory()
  await using _ = await openSpool({ directory: directory.path })
  const argv = [directory.path, '5000', '300', '100', '3000', '30']
  const writer = new Worker(new URL('./test-writer.ts', import.meta.url), { argv })
  const reader = openReader({ directory: directory.path, lane: 'udp-0' })
  let next = 0
  while (next < 5_000) {
    const chunk = reader.read()
    expect(chunk?.losses ?? []).toEqual([])
    for (const record of chunk?.records ?? []) expect(numberOf(record)).toBe(next++)
  }
  writer.terminate()
  reader.close()
}, 20_000)
