import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  connectTcp,
  frameNumbers,
  framesOf,
  hexOf,
  readRecords,
  until,
} from '../../test/intake-rig.ts'
import { type Intake, startIntake } from './intake.ts'

const PlainWorker = globalThis.Worker
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  globalThis.Worker = PlainWorker
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The threads started from now on, so that a test can kill one. */
function watchWorkers(): Worker[] {
  const started: Worker[] = []
  globalThis.Worker = class extends PlainWorker {
    constructor(url: string | URL) {
      super(url)
      started.push(this)
    }
  } as typeof Worker
  return started
}

async function sendTcp(intake: Intake, frames: readonly Buffer[]): Promise<void> {
  const { socket } = await connectTcp(intake.addresses.tcp!)
  socket.end(Buffer.concat(frames))
}

test('a lane whose thread dies listens again on its port, and its ledger is what the spool has', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-thread-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  const workers = watchWorkers()
  const intake = await startIntake({
    storage: { directory, flushMs: 1 },
    tcp: { host: '127.0.0.1', port: 0 },
    lingerMs: 200,
  })
  cleanups.push(() => intake.close())
  const { ledger } = intake.lanes()[0]!
  const frames = frameNumbers(50)
  await sendTcp(intake, frames)
  // What is still in memory when a thread dies is lost; so wait for the file, not for the counter.
  const spooled = () => framesOf(readRecords(directory, 'streams')).length
  await until(() => spooled() === 50)

  for (let death = 1; death <= 2; death++) {
    workers.at(-1)!.terminate()
    await until(() => intake.stats().lanes[0]!.restarts === death)
    await until(() => workers.length === death + 1)
    const more = frameNumbers(50, death * 50)
    // Until the thread listens, connecting is refused: an agent tries again, and so do we.
    while (
      !(await sendTcp(intake, more).then(
        () => true,
        () => false,
      ))
    )
      await Bun.sleep(10)
    frames.push(...more)
    await until(() => spooled() === frames.length)
  }
  expect(intake.stats().lanes).toMatchObject([{ isRunning: true, restarts: 2, received: 150 }])
  expect(intake.stats().total.connectionsOpen).toBeLessThanOrEqual(1)
  await intake.close()
  expect(framesOf(readRecords(directory, 'streams'))).toEqual(hexOf(frames))
  expect(ledger.counts()).toEqual({ received: 150, appended: 150, rejected: {}, dropped: {} })
})

test('closing while a thread is down does not wait for it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-thread-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  const workers = watchWorkers()
  const intake = await startIntake({ storage: { directory }, udp: { host: '127.0.0.1', port: 0 } })
  workers[0]!.terminate()
  await until(() => !intake.stats().lanes[0]!.isRunning)
  await Promise.all([intake.pause(), intake.close()])
  await Bun.sleep(200) // longer than the first wait before a restart
  expect(workers.length).toBe(1)
})
