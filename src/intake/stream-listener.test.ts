import { afterEach, expect, test } from 'bun:test'
import net from 'node:net'
import { readFixture } from '../../test/fixtures/pcap.ts'
import {
  accounted,
  connectTcp,
  frameNumber,
  frameNumbers,
  framesOf,
  hexOf,
  streamRigs,
  until,
} from '../../test/intake-rig.ts'
import { listenTcp } from './stream-listener.ts'

const { listen, closeAll } = streamRigs((parts) => listenTcp(parts))
afterEach(closeAll)

const hep3 = readFixture()
  .map(({ hep }) => hep)
  .filter((hep) => hep.toString('latin1', 0, 4) === 'HEP3')

test('listenTcp takes in every frame however the stream is cut', async () => {
  const { listener, rig, lane } = await listen()
  const { socket } = await connectTcp(listener.address)
  const bytes = Buffer.concat(hep3)
  socket.setNoDelay(true)
  for (let at = 0; at < bytes.length; at += 7_919) {
    await new Promise((resolve) => socket.write(bytes.subarray(at, at + 7_919), resolve))
  }
  await until(() => lane.ledger.appended === hep3.length)
  const keyless = (frame: Buffer) =>
    Buffer.from(frame.toString('latin1').replace('myHep', 'xxxxx'), 'latin1')
  expect(framesOf(await rig.records())).toEqual(hexOf(hep3.map(keyless)))
  expect(lane.ledger.counts()).toEqual({
    received: hep3.length,
    appended: hep3.length,
    rejected: {},
    dropped: {},
  })
})

test('listenTcp goes on with the next frame behind bad bytes, and counts them', async () => {
  const { listener, rig, lane } = await listen()
  const { socket, ended } = await connectTcp(listener.address)
  const spoilt = frameNumber(3)
  spoilt.writeUInt16BE(2, 10) // a chunk shorter than its own header
  const stretch = [
    frameNumber(1),
    Buffer.from('not HEP at all'),
    frameNumber(2),
    spoilt,
    frameNumber(4),
  ]
  socket.end(Buffer.concat(stretch))
  await ended
  await until(() => lane.ledger.counts().received === 5)
  expect(framesOf(await rig.records())).toEqual(hexOf([1, 2, 4].map((n) => frameNumber(n))))
  expect(lane.ledger.counts().rejected).toEqual({ not_hep: 1, bad_chunk: 1 })
})

test('listenTcp counts a frame cut short by the end of the connection', async () => {
  const { listener, lane } = await listen()
  const { socket } = await connectTcp(listener.address)
  socket.end(frameNumber(1).subarray(0, 60))
  await until(() => lane.ledger.counts().received === 1)
  expect(lane.ledger.counts().rejected).toEqual({ truncated: 1 })
})

test('listenTcp reports bytes that are no HEP while the connection stays open', async () => {
  const { listener, lane } = await listen()
  const { socket } = await connectTcp(listener.address)
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => lane.ledger.counts().received === 1)
  expect(socket.destroyed).toBe(false)
  socket.destroy()
})

test('listenTcp closes a connection that spends its error budget, keeping what was good', async () => {
  const { listener, lane, counters } = await listen({ rules: { refusalsPerMinuteMax: 5 } })
  const { socket, ended } = await connectTcp(listener.address)
  const bad = Array.from({ length: 10 }, (_, i) => [frameNumber(i), Buffer.from('garbage')]).flat()
  socket.write(Buffer.concat([...bad, frameNumber(10)]))
  await ended
  expect(counters.get('connectionsExpelled')).toBe(1)
  expect(lane.ledger.appended).toBe(11)
  expect(accounted(lane.ledger)).toBe(lane.ledger.counts().received)
})

test('listenTcp counts frames with a wrong key towards the error budget', async () => {
  const policy = { keys: ['right'] }
  const { listener, lane } = await listen({ rules: { refusalsPerMinuteMax: 5 }, policy })
  const { socket, ended } = await connectTcp(listener.address)
  socket.write(Buffer.concat(Array.from({ length: 6 }, (_, i) => frameNumber(i, `guess${i}`))))
  await ended
  expect(lane.ledger.counts().rejected).toEqual({ auth_wrong: 6 })
})

test('listenTcp closes a connection whose frame does not come to its end in time', async () => {
  const { listener, lane, counters } = await listen({ rules: { frameMs: 300 } })
  const { socket, ended } = await connectTcp(listener.address)
  const frame = frameNumber(1, '', 3_000)
  let at = 0
  const drip = setInterval(() => socket.write(frame.subarray(at, ++at)), 20)
  await ended
  clearInterval(drip)
  expect(counters.values()).toMatchObject({ connectionsExpelled: 1, partialBytes: 0 })
  expect(lane.ledger.counts().rejected).toEqual({ truncated: 1 })
})

test('listenTcp bounds the memory of unfinished frames by closing the oldest', async () => {
  const { listener, counters } = await listen({ parts: { partialBytesMax: 100_000 } })
  const unfinished = frameNumber(1, '', 50_000).subarray(0, 40_000)
  const clients = []
  for (let i = 0; i < 5; i++) {
    const client = await connectTcp(listener.address)
    client.socket.write(unfinished)
    await until(() => counters.get('streamBytes') === 40_000 * (i + 1))
    clients.push(client)
  }
  await Promise.all(clients.slice(0, 3).map(({ ended }) => ended))
  expect(counters.values()).toMatchObject({ connectionsExpelled: 3, partialBytes: 80_000 })
  for (const { socket } of clients) socket.destroy()
})

test('listenTcp closes a connection that sends a megabyte without one frame', async () => {
  const { listener, lane, counters } = await listen()
  const { socket, ended } = await connectTcp(listener.address)
  socket.write(Buffer.alloc(1_200_000, 'z'))
  await ended
  expect(counters.get('connectionsExpelled')).toBe(1)
  await until(() => lane.ledger.counts().received > 0)
  expect(Object.keys(lane.ledger.counts().rejected)).toEqual(['not_hep'])
})

test('listenTcp refuses connections over the limits and from addresses not listed', async () => {
  const few = await listen({ limits: { connectionsMax: 2 } })
  const kept = [await connectTcp(few.listener.address), await connectTcp(few.listener.address)]
  await (await connectTcp(few.listener.address)).ended
  expect(few.counters.values()).toMatchObject({ connectionsOpen: 2, connectionsRefused: 1 })
  kept[0]!.socket.destroy()
  await until(() => few.counters.get('connectionsOpen') === 1)
  kept.push(await connectTcp(few.listener.address))
  await until(() => few.counters.get('connectionsOpen') === 2)
  for (const { socket } of kept) socket.destroy()

  const one = await listen({ limits: { connectionsPerPeerMax: 1 } })
  const first = await connectTcp(one.listener.address)
  await (await connectTcp(one.listener.address)).ended
  first.socket.destroy()

  const none = await listen({ policy: { allow: ['10.0.0.0/8'] } })
  await (await connectTcp(none.listener.address)).ended
  expect(none.counters.get('connectionsAccepted')).toBe(0)
})

test('listenTcp ends connections of a certain age and loses none of their frames', async () => {
  const { listener, rig, lane, counters } = await listen({
    parts: { ageMs: 300, ageJitter: 0.2 },
    rules: { lingerMs: 5_000 },
  })
  let sent = 0
  // An agent that notices the end, finishes its frame and connects again.
  for (let connection = 0; connection < 2; connection++) {
    const { socket, ended } = await connectTcp(listener.address)
    let over = false
    void ended.then(() => {
      over = true
    })
    while (!over) {
      const frame = frameNumber(sent++)
      await new Promise((resolve) => socket.write(frame.subarray(0, 40), resolve))
      await Bun.sleep(1)
      await new Promise((resolve) => socket.write(frame.subarray(40), resolve))
    }
    socket.end()
  }
  await until(() => lane.ledger.appended === sent)
  expect(counters.get('connectionsAged')).toBe(2)
  expect(lane.ledger.counts().rejected).toEqual({})
  expect(framesOf(await rig.records())).toEqual(hexOf(frameNumbers(sent)))
})

test('listenTcp closes aged connections of agents that take no notice, behind a whole frame', async () => {
  const { listener, lane } = await listen({ parts: { ageMs: 100 }, rules: { lingerMs: 300 } })
  const { socket } = await connectTcp(listener.address)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const frame = frameNumber(1)
  const send = setInterval(() => socket.write(frame), 5)
  await closed
  clearInterval(send)
  expect(lane.ledger.appended).toBeGreaterThan(5)
  expect(lane.ledger.counts().rejected).toEqual({})
})

test('listenTcp ends connections that were silent for too long', async () => {
  const { listener, counters } = await listen({ rules: { idleMs: 200 } })
  const { ended, socket } = await connectTcp(listener.address)
  await ended
  socket.end()
  await until(() => counters.get('connectionsOpen') === 0)
})

test('listenTcp stops reading while the spool is full and goes on when there is room', async () => {
  const { listener, rig, lane, counters } = await listen({ bytesMax: 2 * 1024 * 1024 })
  const frames = Array.from({ length: 4_000 }, (_, i) => frameNumber(i, '', 1_000))
  const clients = await Promise.all([1, 2, 3].map(() => connectTcp(listener.address)))
  for (const [i, { socket }] of clients.entries())
    socket.end(Buffer.concat(frames.filter((_, n) => n % 3 === i)))
  await until(() => counters.get('isPushedBack') === 1)
  const atFirst = lane.ledger.appended
  expect(atFirst).toBeLessThan(frames.length)
  const found = []
  while (lane.ledger.appended < frames.length) {
    found.push(...(await rig.consume()))
    await Bun.sleep(10)
  }
  found.push(...(await rig.consume()))
  expect(framesOf(found)).toEqual(hexOf(frames))
  expect(lane.ledger.counts()).toMatchObject({ received: frames.length, rejected: {}, dropped: {} })
})

test('a listener that is closed while the spool is full counts what it held as dropped', async () => {
  const { listener, lane, counters, close } = await listen({ bytesMax: 1024 * 1024 })
  const { socket } = await connectTcp(listener.address)
  for (let i = 0; i < 3_000; i++) socket.write(frameNumber(i, '', 1_000))
  await until(() => counters.get('isPushedBack') === 1)
  await close()
  expect(accounted(lane.ledger)).toBe(lane.ledger.counts().received)
  expect(lane.ledger.counts().dropped.spool_full).toBeGreaterThan(0)
})

test('closing takes in what senders had sent, and is safe to call twice', async () => {
  const { listener, lane, close } = await listen({ rules: { lingerMs: 2_000 } })
  const { socket, ended } = await connectTcp(listener.address)
  void ended.then(() => socket.end())
  for (let i = 0; i < 500; i++) socket.write(frameNumber(i))
  await new Promise((resolve) => socket.write(frameNumber(500), resolve))
  await Promise.all([close(), close()])
  expect(lane.ledger.appended).toBe(501)
})

test('closing takes in a connection the kernel has made and we have not', async () => {
  const { listener, lane, close } = await listen({ rules: { lingerMs: 2_000 } })
  const { host, port } = listener.address
  const socket = net.connect({ host, port, allowHalfOpen: true })
  socket.on('error', () => {})
  socket.resume()
  socket.once('end', () => socket.end())
  socket.write(Buffer.concat(frameNumbers(10)))
  await close() // in the same turn, so nothing has been accepted yet
  expect(lane.ledger.appended).toBe(10)
})

test('listenTcp on a port in use names the address and what to do', async () => {
  const { listener } = await listen()
  const { host, port } = listener.address
  const second = listenTcp({ address: { host, port } } as Parameters<typeof listenTcp>[0])
  await expect(second as Promise<unknown>).rejects.toMatchObject({
    code: 'INTAKE_ADDRESS_IN_USE',
    message: `Cannot listen for HEP over TCP on 127.0.0.1:${port}: it is in use by another program; stop that one or choose another port with --hep-tcp HOST:PORT`,
  })
})
