import { expect, test } from 'bun:test'
import { startWriter } from './start-writer.ts'
import { writerRig } from './test-rig.ts'
import { callFrames } from './test-spool.ts'

test('startWriter starts its thread again when it fails, and can still be closed', async () => {
  await using rig = await writerRig()
  const writer = startWriter({ ...rig.options, partitionMs: 1 }) // which the writer throws over
  while (writer.signals().starts < 3) await Bun.sleep(10)
  await writer.close()
  await writer.close()
  const { starts } = writer.signals()
  await Bun.sleep(300)
  expect(writer.signals().starts).toBe(starts)
})

test('startWriter counts what is left when the writer is closed before the end', async () => {
  await using rig = await writerRig()
  const url = Object.assign(new URL(rig.options.url), { port: '1' }).href
  const writer = startWriter({ ...rig.options, url })
  rig.spool.append(callFrames('call-1'))
  expect(await writer.countLeft()).toBe(7)
  await writer.close()
})
