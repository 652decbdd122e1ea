import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openReader } from './lane-reader.ts'
import { openLane } from './open-lane.ts'
import { openSpool } from './spool.ts'
import { SpoolError } from './spool-error.ts'
import { ensureSpoolJson } from './spool-json.ts'
import { numberedFrame, readAll, temporaryDirectory } from './test-frames.ts'

const NEWER = { formatVersion: 2, spoolId: crypto.randomUUID(), createdAt: '', readers: [] }

test('a spool of a newer format is refused by every door, naming both versions and what to do', async () => {
  using directory = temporaryDirectory()
  writeFileSync(join(directory.path, 'spool.json'), JSON.stringify(NEWER))
  const sentence =
    `${join(directory.path, 'spool.json')} was written in spool format 2, this Calliope knows up to 1: ` +
    'start the newer Calliope that wrote it, or point the spool at another directory'
  const options = { directory: directory.path, lane: 'udp-0' }
  await expect(openSpool(options)).rejects.toThrow(sentence)
  expect(() => openLane(options)).toThrow(sentence)
  expect(() => openReader(options)).toThrow(sentence)
  expect(readdirSync(directory.path)).toEqual(['spool.json'])
})

test('a damaged spool.json is refused, never replaced', () => {
  using directory = temporaryDirectory()
  for (const text of ['', '{"formatVersion":1', '[]', '{"formatVersion":1,"spoolId":"x"}']) {
    writeFileSync(join(directory.path, 'spool.json'), text)
    expect(() => ensureSpoolJson(directory.path)).toThrow(SpoolError)
  }
})

test('a directory that cannot be used is named, with the reason and what to do', async () => {
  using directory = temporaryDirectory()
  const file = join(directory.path, 'file')
  writeFileSync(file, '')
  await expect(openSpool({ directory: join(file, 'spool') })).rejects.toThrow(
    /file\/spool cannot hold the spool \(.*ENOTDIR.*\): name a directory this user may write to/,
  )
})

test('a lost spool.json is made again with the id its batches carry', async () => {
  using directory = temporaryDirectory()
  const lane = openLane({ directory: directory.path, lane: 'udp-0' })
  lane.append(numberedFrame(0))
  await lane.close()
  const { spoolId } = ensureSpoolJson(directory.path)
  rmSync(join(directory.path, 'spool.json'))
  expect(ensureSpoolJson(directory.path).spoolId).toBe(spoolId)
  expect(readAll(openReader({ directory: directory.path, lane: 'udp-0' })).numbers).toEqual([0])
})

test('threads that open a new spool at once agree on its id', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'deep', 'spool')
  const module = new URL('./spool-json.ts', import.meta.url).href
  const source = `import { ensureSpoolJson } from '${module}'
    postMessage(ensureSpoolJson('${path}').spoolId)`
  mkdirSync(join(directory.path, 'code'))
  const file = join(directory.path, 'code', 'worker.ts')
  writeFileSync(file, source)
  const ids = await Promise.all(
    Array.from({ length: 4 }, () => {
      const worker = new Worker(file)
      return new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data)
      }).finally(() => worker.terminate())
    }),
  )
  expect(new Set(ids).size).toBe(1)
  expect(readdirSync(path)).toEqual(['spool.json'])
})

test('openSpool refuses a spool another living process holds, and takes over from a dead one', async () => {
  using directory = temporaryDirectory()
  const child = Bun.spawn({
    cmd: [
      process.execPath,
      '-e',
      `
      const { openSpool } = await import('${new URL('./spool.ts', import.meta.url).href}')
      await openSpool({ directory: '${directory.path}' })
      console.log('open')
      setInterval(() => {}, 1000)`,
    ],
    stdout: 'pipe',
  })
  await child.stdout.getReader().read()
  await expect(openSpool({ directory: directory.path })).rejects.toThrow(
    `${directory.path} is in use by process ${child.pid}`,
  )
  child.kill('SIGKILL')
  await child.exited
  await using spool = await openSpool({ directory: directory.path })
  await using again = await openSpool({ directory: directory.path })
  expect(again.id).toBe(spool.id)
})
