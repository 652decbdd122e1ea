import { afterEach, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { readFixture } from '../../test/fixtures/pcap.ts'
import {
  accounted,
  frameNumber,
  frameNumbers,
  framesOf,
  hexOf,
  streamRigs,
  until,
} from '../../test/intake-rig.ts'
import { listenWebSocket } from './websocket-listener.ts'

const { listen, closeAll } = streamRigs((parts) => listenWebSocket(parts))
afterEach(closeAll)

interface Client {
  readonly socket: WebSocket
  readonly closed: Promise<CloseEvent>
}

async function connect({ port }: { port: number }, protocol = 'hep'): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, [protocol])
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  return { socket, closed }
}

const send = ({ socket }: Client, bytes: Buffer) => socket.send(new Uint8Array(bytes))

test('listenWebSocket takes one frame of any version in a message, or several HEP3 frames', async () => {
  const { listener, lane } = await listen()
  const client = await connect(listener.address)
  expect(client.socket.protocol).toBe('hep')
  const frames = readFixture().map(({ hep }) => hep)
  for (const frame of frames) send(client, frame)
  send(client, Buffer.concat(frameNumbers(10)))
  send(client, gzipSync(frameNumber(1)))
  await until(() => lane.ledger.appended === frames.length + 11)
  expect(lane.ledger.counts()).toMatchObject({ rejected: {}, dropped: {} })
})

test('listenWebSocket counts bad messages, text ones too, and goes on', async () => {
  const { listener, rig, lane } = await listen()
  const client = await connect(listener.address)
  send(client, Buffer.from('nonsense'))
  client.socket.send('HEP3 as text')
  const between = [frameNumber(1), Buffer.from('garbage'), frameNumber(2)]
  send(client, Buffer.concat(between))
  send(client, frameNumber(3))
  await until(() => lane.ledger.counts().received === 6)
  expect(framesOf(await rig.records())).toEqual(hexOf([1, 2, 3].map((n) => frameNumber(n))))
  expect(accounted(lane.ledger)).toBe(6)
})

test('listenWebSocket closes a connection that spends its error budget', async () => {
  const { listener, lane } = await listen({ rules: { refusalsPerMinuteMax: 3 } })
  const client = await connect(listener.address)
  for (let i = 0; i < 4; i++) send(client, Buffer.from(`bad ${i}`))
  expect((await client.closed).code).toBe(1008)
  expect(lane.ledger.counts().rejected).toEqual({ not_hep: 4 })
})

test('listenWebSocket refuses those who may not connect, plain HTTP, and messages too large', async () => {
  const closed = await listen({ policy: { allow: ['10.0.0.0/8'] } })
  await expect(connect(closed.listener.address)).rejects.toBeDefined()
  const open = await listen()
  const plain = await fetch(`http://127.0.0.1:${open.listener.address.port}/`)
  expect(plain.status).toBe(426)
  expect(await plain.text()).toContain('HEP over WebSocket')
  const client = await connect(open.listener.address)
  send(client, Buffer.alloc(2 * 1024 * 1024))
  await client.closed
  await until(() => open.counters.get('connectionsOpen') === 0)
})

test('listenWebSocket stops reading while the spool is full and goes on when there is room', async () => {
  const { listener, rig, lane, counters } = await listen({ bytesMax: 2 * 1024 * 1024 })
  const frames = Array.from({ length: 4_000 }, (_, i) => frameNumber(i, '', 1_000))
  const client = await connect(listener.address)
  for (const frame of frames) send(client, frame)
  await until(() => counters.get('isPushedBack') === 1)
  const found = []
  while (lane.ledger.appended < frames.length) {
    found.push(...(await rig.consume()))
    await Bun.sleep(10)
  }
  found.push(...(await rig.consume()))
  expect(framesOf(found)).toEqual(hexOf(frames))
  expect(lane.ledger.counts()).toMatchObject({ received: frames.length, rejected: {}, dropped: {} })
})

test('listenWebSocket ends connections of a certain age with "going away"', async () => {
  const { listener, lane, counters } = await listen({ parts: { ageMs: 100 } })
  const client = await connect(listener.address)
  let sent = 0
  while (client.socket.readyState === WebSocket.OPEN) {
    send(client, frameNumber(sent++))
    await Bun.sleep(5)
  }
  expect((await client.closed).code).toBe(1001)
  expect(counters.get('connectionsAged')).toBe(1)
  expect(sent - lane.ledger.appended).toBeLessThanOrEqual(1) // one may have been under way
})

test('closing a WebSocket listener says goodbye and takes in what had come', async () => {
  const { listener, lane, close } = await listen()
  const client = await connect(listener.address)
  for (let i = 0; i < 200; i++) send(client, frameNumber(i))
  await until(() => lane.ledger.appended > 0)
  await close()
  expect((await client.closed).code).toBe(1001)
  expect(accounted(lane.ledger)).toBe(lane.ledger.counts().received)
})

test('listenWebSocket on a port in use names the address', async () => {
  const { listener } = await listen()
  const again = listen({ parts: { address: listener.address } as object })
  await expect(again).rejects.toThrow(
    `Cannot listen for HEP over WebSocket on 127.0.0.1:${listener.address.port}: it is in use`,
  )
})
