import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFixture } from '../../test/fixtures/pcap.ts'
import {
  accounted,
  connectTcp,
  frameNumbers,
  framesOf,
  hexOf,
  readRecords,
  until,
} from '../../test/intake-rig.ts'
import { type Intake, type IntakeOptions, startIntake } from './intake.ts'

const ANY = { host: '127.0.0.1', port: 0 }
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function spoolDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-intake-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function start(
  options: Partial<IntakeOptions> = {},
): Promise<Intake & { directory: string }> {
  const directory = options.storage?.directory ?? spoolDirectory()
  const intake = await startIntake({ lingerMs: 1_000, storage: { directory }, ...options })
  cleanups.push(() => intake.close())
  return { ...intake, directory }
}

const ledgerOf = (intake: Intake, lane: string) =>
  intake.lanes().find((each) => each.lane === lane)!.ledger

async function sendUdp(port: number, frames: readonly Buffer[]): Promise<void> {
  const socket = await Bun.udpSocket({ connect: { hostname: '127.0.0.1', port } })
  for (let at = 0; at < frames.length; ) {
    at += socket.sendMany(frames.slice(at, at + 50))
    await Bun.sleep(1)
  }
  socket.close()
}

test('startIntake: what was sent over UDP, TCP and WebSocket is what the lanes hold', async () => {
  const intake = await start({ udp: ANY, tcp: ANY, ws: ANY })
  const frames = readFixture().map(({ hep }) => hep)
  const hep3 = frames.filter((frame) => frame.toString('latin1', 0, 4) === 'HEP3')
  const { udp, tcp, ws } = intake.addresses
  await sendUdp(udp!.port, frames)
  const client = await connectTcp(tcp!)
  client.socket.end(Buffer.concat(hep3))
  const socket = new WebSocket(`ws://127.0.0.1:${ws!.port}/`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  for (const frame of frames) socket.send(new Uint8Array(frame))

  const streamed = hep3.length + frames.length
  await until(() => ledgerOf(intake, 'udp-0').appended === frames.length)
  await until(() => ledgerOf(intake, 'streams').appended === streamed)
  expect(intake.stats().total).toMatchObject({ udpDatagrams: 970, connectionsAccepted: 2 })
  socket.close()
  await intake.close()

  const keyless = (all: readonly Buffer[]) =>
    hexOf(
      all.map((frame) => Buffer.from(frame.toString('latin1').replace('myHep', 'xxxxx'), 'latin1')),
    )
  expect(framesOf(readRecords(intake.directory, 'udp-0'))).toEqual(keyless(frames))
  expect(framesOf(readRecords(intake.directory, 'streams'))).toEqual(keyless([...hep3, ...frames]))
  for (const { ledger } of intake.lanes()) expect(accounted(ledger)).toBe(ledger.counts().received)
})

test('startIntake shares one UDP port between shards', async () => {
  const intake = await start({ udp: ANY, udpShards: 2 })
  expect(intake.lanes().map(({ lane }) => lane)).toEqual(['udp-0', 'udp-1'])
  const { port } = intake.addresses.udp!
  for (let sender = 0; sender < 24; sender++) await sendUdp(port, frameNumbers(20, sender * 20))
  const received = () => intake.lanes().map(({ ledger }) => ledger.appended)
  await until(() => received().reduce((sum, n) => sum + n) === 480)
  for (const share of received()) expect(share).toBeGreaterThan(0)
  await intake.close()
  const all = ['udp-0', 'udp-1'].flatMap((lane) => readRecords(intake.directory, lane))
  expect(framesOf(all)).toEqual(hexOf(frameNumbers(480)))
})

test('startIntake names the address in use and leaves nothing open', async () => {
  const first = await start({ udp: ANY, tcp: ANY, udpShards: 2 })
  const { udp, tcp } = first.addresses
  const directory = spoolDirectory()
  const again = (options: Partial<IntakeOptions>) =>
    startIntake({ storage: { directory }, ...options })
  await expect(again({ udp: udp! })).rejects.toMatchObject({ code: 'INTAKE_ADDRESS_IN_USE' })
  await expect(again({ udp: udp!, udpShards: 2 })).rejects.toThrow(`127.0.0.1:${udp!.port}`)
  await expect(again({ udp: ANY, tcp: tcp! })).rejects.toThrow(
    `Cannot listen for HEP over TCP on 127.0.0.1:${tcp!.port}: it is in use by another program`,
  )
  await first.close()
  const second = await start({ udp: udp!, tcp: tcp! })
  expect(second.addresses).toEqual({ udp: udp!, tcp: tcp! })
})

test('startIntake refuses options nothing can be built from', async () => {
  const directory = spoolDirectory()
  const start = (options: Partial<IntakeOptions>) =>
    startIntake({ storage: { directory }, ...options })
  await expect(start({ udp: ANY, udpShards: 0 })).rejects.toThrow('udpShards is 0')
  await expect(start({ policy: { allow: ['10.0.0.0/99'] } })).rejects.toThrow("'10.0.0.0/99'")
  const emptyKey = start({ policy: { keys: [''] } })
  await expect(emptyKey).rejects.toThrow('An agent key has 0 bytes')
  await expect(start({ udp: ANY, storage: { directory, bytesMax: 1 } })).rejects.toMatchObject({
    code: 'INTAKE_LANE_FAILED',
  })
})

test('pause stops listening and puts all that came on the disk; the counters stay', async () => {
  const intake = await start({
    udp: ANY,
    tcp: ANY,
    storage: { directory: spoolDirectory(), flushMs: 9_000 },
  })
  await sendUdp(intake.addresses.udp!.port, frameNumbers(100))
  const client = await connectTcp(intake.addresses.tcp!)
  void client.ended.then(() => client.socket.end())
  await new Promise((resolve) => client.socket.write(Buffer.concat(frameNumbers(100)), resolve))
  await intake.pause()
  await expect(connectTcp(intake.addresses.tcp!)).rejects.toThrow()
  expect(intake.stats().lanes.map(({ isRunning }) => isRunning)).toEqual([true, true])
  expect(intake.stats().lanes.map(({ received }) => received)).toEqual([100, 100])
  await Promise.all([intake.pause(), intake.close(), intake.close()])
  expect(intake.stats().lanes.map(({ isRunning }) => isRunning)).toEqual([false, false])
  expect(intake.stats().lanes.map(({ received }) => received)).toEqual([100, 100])
})

const FLOOD = `
  const socket = await Bun.udpSocket({ connect: { hostname: '127.0.0.1', port: +process.argv[1] } })
  const garbage = Array.from({ length: 64 }, (_, i) => Buffer.alloc(700, i))
  for (const endMs = Date.now() + 10_000; Date.now() < endMs; ) socket.sendMany(garbage)`

test('closing does not wait for a flood of garbage to end, and little of it was kept', async () => {
  const intake = await start({ udp: ANY })
  const port = String(intake.addresses.udp!.port)
  const floods = [1, 2].map(() => Bun.spawn([process.execPath, '-e', FLOOD, port]))
  cleanups.push(() => floods.forEach((flood) => void flood.kill('SIGKILL')))
  await until(() => intake.stats().total.udpDatagrams > 100_000)
  const beganMs = performance.now()
  await intake.close()
  expect(performance.now() - beganMs).toBeLessThan(3_000)
  const { ledger } = intake.lanes()[0]!
  expect(ledger.appended).toBe(0)
  expect(accounted(ledger)).toBe(ledger.counts().received)
  const kept = readRecords(intake.directory, 'udp-0')
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.length).toBeLessThan(5_000)
}, 15_000)

test('startIntake counts on where the spool left off', async () => {
  const directory = spoolDirectory()
  const first = await start({ udp: ANY, storage: { directory } })
  await sendUdp(first.addresses.udp!.port, [...frameNumbers(10), Buffer.from('bad')])
  await until(() => ledgerOf(first, 'udp-0').counts().received === 11)
  await first.close()
  const second = await start({ udp: ANY, storage: { directory } })
  expect(ledgerOf(second, 'udp-0').counts()).toMatchObject({ received: 11, appended: 10 })
})
