import { afterEach, expect, test } from 'bun:test'
import dgram from 'node:dgram'
import { readFileSync } from 'node:fs'
import { readFixture } from '../../test/fixtures/pcap.ts'
import {
  accounted,
  frameNumber,
  frameNumbers,
  framesOf,
  hexOf,
  laneRig,
  until,
} from '../../test/intake-rig.ts'
import { Admission } from './admission.ts'
import { FrameReceiver } from './frame-receiver.ts'
import { IntakeCounters } from './intake-counters.ts'
import type { Address } from './listener.ts'
import { listenUdp, probeUdp } from './udp-listener.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listen({ host = '127.0.0.1', receiveBufferBytes = 8 * 1024 * 1024 } = {}) {
  const rig = await laneRig()
  const counters = new IntakeCounters()
  const listener = await listenUdp({
    address: { host, port: 0 },
    sharePort: false,
    receiveBufferBytes,
    receiver: new FrameReceiver(rig.lane, new Admission({}), 'udp'),
    counters,
    onLook: (drops) => {
      if (drops > 0) rig.lane.ledger.drop('kernel_buffer', drops)
    },
  })
  closers.push(
    async () => rig[Symbol.asyncDispose](),
    () => listener.close(),
  )
  return { rig, ledger: rig.lane.ledger, counters, listener }
}

async function send({ port }: Address, frames: readonly Buffer[], host = '127.0.0.1') {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4')
  for (const frame of frames) {
    await new Promise((resolve) => socket.send(frame, port, host, resolve))
  }
  socket.close()
}

test('listenUdp takes in every version of HEP and the largest frame there is', async () => {
  const { ledger, listener, rig } = await listen()
  const largest = frameNumber(1, '', 65_507 - frameNumber(1).length)
  expect(largest.length).toBe(65_507) // what one datagram over IPv4 holds
  const frames = [...readFixture().map(({ hep }) => hep), largest]
  await send(listener.address, frames)
  await until(() => ledger.appended === frames.length)
  expect(ledger.counts()).toMatchObject({ received: frames.length, rejected: {}, dropped: {} })
  expect((await rig.records())[0]).toMatchObject({ transport: 'udp', peerIp: '127.0.0.1' })
})

test('listenUdp on :: shows IPv4 senders with their IPv4 address', async () => {
  const { ledger, listener, rig } = await listen({ host: '::' })
  await send(listener.address, [frameNumber(1)])
  await send(listener.address, [frameNumber(2)], '::1')
  await until(() => ledger.appended === 2)
  const peers = (await rig.records()).map(({ peerIp }) => peerIp)
  expect(peers.sort()).toEqual(['127.0.0.1', '::1'])
})

test('listenUdp counts what the kernel threw away before we could read it', async () => {
  const { ledger, listener, counters } = await listen({ receiveBufferBytes: 4_096 })
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: listener.address.port },
  })
  const frame = frameNumber(1, '', 600)
  let sent = 0
  // sendMany does not let our own loop read in between, so the small buffer must overflow.
  for (let i = 0; i < 10; i++) sent += socket.sendMany(new Array(50).fill(frame))
  socket.close()
  await until(() => ledger.counts().received === sent)
  expect(ledger.counts().dropped.kernel_buffer).toBeGreaterThan(0)
  expect(counters.get('kernelDrops')).toBe(ledger.counts().dropped.kernel_buffer!)
  expect(accounted(ledger)).toBe(sent)
})

test('listenUdp notes how much buffer the kernel granted, and goes beyond the cap if it may', async () => {
  const { counters } = await listen({ receiveBufferBytes: 65_536 })
  expect(counters.values()).toMatchObject({
    receiveBufferAskedBytes: 65_536,
    receiveBufferGrantedBytes: 65_536,
  })
  const cap = Number(readFileSync('/proc/sys/net/core/rmem_max', 'latin1'))
  const asked = cap * 2
  const large = await listen({ receiveBufferBytes: asked })
  expect(large.counters.get('receiveBufferGrantedBytes')).toBe(mayGoBeyond() ? asked : cap)
})

// The capability, held in the first user namespace: in a container of its own it does not count.
function mayGoBeyond(): boolean {
  const held = /CapEff:\s*(\w+)/.exec(readFileSync('/proc/self/status', 'latin1'))![1]!
  const isFirst = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'))
  return isFirst && (BigInt(`0x${held}`) & (1n << CAP_NET_ADMIN)) !== 0n
}
const CAP_NET_ADMIN = 12n

test('closing a UDP listener first reads what the kernel holds for it', async () => {
  const { ledger, listener, rig } = await listen()
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: listener.address.port },
  })
  const frames = frameNumbers(1_000)
  expect(socket.sendMany(frames)).toBe(frames.length)
  expect(ledger.appended).toBe(0) // our loop has not run yet: all of them wait in the kernel
  const closed = listener.close()
  await closed
  socket.close()
  expect(ledger.appended).toBe(frames.length)
  expect(framesOf(await rig.records())).toEqual(hexOf(frames))
  await listener.close()
})

test('listenUdp survives a flood of garbage, counts all of it and keeps little', async () => {
  const { ledger, listener, rig } = await listen()
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: listener.address.port },
  })
  let sent = 0
  for (let i = 0; i < 400; i++) {
    const garbage = Array.from({ length: 50 }, (_, n) => garbageOf(i * 50 + n))
    sent += socket.sendMany(garbage)
    await Bun.sleep(0)
  }
  sent += socket.sendMany([frameNumber(7)])
  socket.close()
  await until(() => ledger.counts().received === sent)
  expect(ledger.appended).toBe(1)
  expect(accounted(ledger)).toBe(sent)
  const records = await rig.records()
  expect(records.length).toBeLessThan(1_000) // so many a second go to quarantine
})

// Damaged frames, random bytes, empty datagrams, by turns.
function garbageOf(n: number): Buffer {
  const frame = frameNumber(n)
  if (n % 3 === 0) return Buffer.from(crypto.getRandomValues(new Uint8Array(n % 700)))
  if (n % 3 === 1) return frame.subarray(0, n % frame.length)
  frame[4] = 0x7f // a length no datagram of ours has
  return frame
}

test('listenUdp on a port in use names the address and what to do', async () => {
  const { listener } = await listen()
  const { host, port } = listener.address
  const message = `Cannot listen for HEP over UDP on 127.0.0.1:${port}: it is in use by another program`
  await expect(probeUdp({ host, port })).rejects.toThrow(message)
  const foreign = probeUdp({ host: '203.0.113.9', port: 0 })
  await expect(foreign).rejects.toThrow('203.0.113.9:0: it is not an address of this machine')
})
