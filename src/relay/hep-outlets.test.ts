import { expect, test } from 'bun:test'
import type net from 'node:net'
import { decodeHep, encodeHep, type HepPacket } from '#hep'
import { type Sink, sinkCertificate, streamSink, udpSink } from '../../test/hep-sinks.ts'
import { openHepStream } from './hep-stream-outlet.ts'
import { openHepUdp } from './hep-udp-outlet.ts'
import { keyOfName } from './spread-key.ts'
import { callOf, numberedFrame, numberOf, numbersTo, RelayRig } from './testing/relay-rig.ts'
import { asVersion3, withKey } from './with-key.ts'

const numbersIn = (sink: Sink): number[] =>
  sink.frames.map(({ frame }) => numberOf(frame)).sort((a, b) => a - b)

const udpTo = (sink: Sink): string => `udp://127.0.0.1:${sink.port}`

test('openHepUdp sends every frame as it came, each call from one source port of many', async () => {
  await using rig = await RelayRig.start()
  await using sink = await udpSink()
  rig.write(7_000)
  const carrier = rig.carrier(openHepUdp({ flows: 64 }), [udpTo(sink)])
  await carrier.drain()
  await sink.received(7_000)
  expect(numbersIn(sink)).toEqual(numbersTo(7_000))
  const [first] = sink.frames
  expect(first!.frame).toEqual(numberedFrame(numberOf(first!.frame)))
  const ports = new Map<number, Set<number>>()
  for (const { frame, peerPort } of sink.frames) {
    const call = callOf(numberOf(frame))
    ports.set(call, (ports.get(call) ?? new Set()).add(peerPort))
  }
  expect([...ports.values()].every(({ size }) => size === 1)).toBe(true)
  expect(new Set(sink.frames.map(({ peerPort }) => peerPort)).size).toBe(64)
  expect(carrier.counts()).toMatchObject({ taken: 7_000, settled: 7_000 })
})

test('openHepUdp of two relays behind a balancer of four nodes: max/mean at most 1.3', async () => {
  await using rig = await RelayRig.start(['calliope', 'other'])
  await using sink = await udpSink()
  rig.write(7_000)
  for (const name of ['calliope', 'other']) {
    const outlet = openHepUdp({ framesPerSecondMax: 15_000 })
    await rig.carrier(outlet, [udpTo(sink)], { name }).drain()
  }
  await sink.received(14_000)
  // A balancer knows nothing but the 5-tuple, of which here only the source port differs.
  const nodes = [0, 0, 0, 0]
  for (const { peerPort } of sink.frames) nodes[keyOfName(`10.0.0.9:${peerPort}`) % 4]! += 1
  expect(Math.max(...nodes) / 3_500).toBeLessThanOrEqual(1.3)
})

test('openHepUdp opens its flows anew, one after the other, and loses nothing by that', async () => {
  await using rig = await RelayRig.start()
  await using sink = await udpSink()
  const carrier = rig.carrier(openHepUdp({ flows: 8, reopenMs: 80 }), [udpTo(sink)])
  for (let round = 0; round < 12; round++) {
    rig.write(100)
    await carrier.drain()
    await Bun.sleep(10)
  }
  await sink.received(1_200)
  expect(numbersIn(sink)).toEqual(numbersTo(1_200))
  expect(new Set(sink.frames.map(({ peerPort }) => peerPort)).size).toBeGreaterThan(10)
})

test('openHepUdp keeps to its pace', async () => {
  await using rig = await RelayRig.start()
  await using sink = await udpSink()
  rig.write(500)
  const startedMs = performance.now()
  await rig.carrier(openHepUdp({ flows: 4, framesPerSecondMax: 2_000 }), [udpTo(sink)]).drain()
  expect(performance.now() - startedMs).toBeGreaterThan(200)
})

test('openHepUdp hears that nobody listens, and the relay holds what comes then', async () => {
  await using rig = await RelayRig.start()
  const sink = await udpSink()
  const target = udpTo(sink)
  await sink[Symbol.asyncDispose]()
  const carrier = rig.carrier(openHepUdp({ flows: 4 }), [target])
  rig.write(10)
  await carrier.drain()
  while (carrier.targets.get(target)!.isUsable) {
    rig.write(10)
    await Bun.sleep(5)
  }
  expect(carrier.targets.get(target)!.why).toContain('ECONNREFUSED')
})

for (const kind of ['tcp', 'tls'] as const)
  test(`openHepStream sends every frame over ${kind}, each call over one connection`, async () => {
    await using rig = await RelayRig.start()
    await using sink = await streamSink(kind)
    rig.write(7_000)
    const outlet = openHepStream({ connections: 3, confirmMs: 20, ca: sinkCertificate() })
    await rig.carrier(outlet, [`${kind}://127.0.0.1:${sink.port}`]).drain()
    await sink.received(7_000)
    expect(numbersIn(sink)).toEqual(numbersTo(7_000))
    expect(new Set(sink.frames.map(({ peerPort }) => peerPort)).size).toBe(3)
  })

test('openHepStream refuses a certificate that is for another name', async () => {
  await using rig = await RelayRig.start()
  await using sink = await streamSink('tls')
  rig.write(10)
  const target = `tls://127.0.0.1:${sink.port}#calliope.example`
  const carrier = rig.carrier(openHepStream({ ca: sinkCertificate() }), [target])
  while (carrier.targets.get(target)!.isUsable) await Bun.sleep(5)
  expect(carrier.targets.get(target)!.why).toContain('calliope.example')
  expect(sink.frames).toEqual([])
})

test('openHepStream waits for a receiver that takes nothing, and goes on when it does', async () => {
  await using rig = await RelayRig.start()
  const sockets: net.Socket[] = []
  await using sink = await streamSink('tcp', (socket) => {
    socket.pause()
    sockets.push(socket)
  })
  rig.write(40_000) // more than the kernel's buffers hold
  const outlet = openHepStream({ connections: 1, confirmMs: 20 })
  const carrier = rig.carrier(outlet, [`tcp://127.0.0.1:${sink.port}`])
  const drained = carrier.drain()
  while (sockets.length === 0) await Bun.sleep(5)
  await Bun.sleep(100)
  expect(carrier.counts().taken).toBeLessThan(40_000)
  sockets[0]!.resume()
  await drained
  await sink.received(40_000)
  expect(numbersIn(sink)).toEqual(numbersTo(40_000))
})

test('openHepStream sends a parcel again when the connection is cut under it', async () => {
  await using rig = await RelayRig.start()
  let cuts = 3
  await using sink = await streamSink('tcp', (socket) => {
    if (cuts-- > 0) socket.once('data', () => socket.destroy())
  })
  const outlet = openHepStream({ connections: 1, confirmMs: 50 })
  const carrier = rig.carrier(outlet, [`tcp://127.0.0.1:${sink.port}`])
  rig.write(20_000)
  await carrier.drain()
  while (new Set(numbersIn(sink)).size < 20_000) await Bun.sleep(10)
  expect(carrier.counts()).toMatchObject({ taken: 20_000, settled: 20_000 })
})

test('openHepStream hears of a connection that was cut while its thread was held up', async () => {
  await using rig = await RelayRig.start()
  let cuts = 3
  await using sink = await streamSink('tcp', (socket) => {
    if (cuts-- > 0) socket.once('data', () => socket.destroy())
  })
  const outlet = openHepStream({ connections: 1, confirmMs: 50 })
  const send: typeof outlet.send = async (...parcel) => {
    const receipt = await outlet.send(...parcel)
    Bun.sleepSync(100) // longer than it waits for the connection to break
    return receipt
  }
  const carrier = rig.carrier({ ...outlet, send }, [`tcp://127.0.0.1:${sink.port}`])
  rig.write(2_000)
  await carrier.drain()
  await sink.received(2_000)
  expect([...new Set(numbersIn(sink))]).toEqual(numbersTo(2_000))
})

const packet = (frame: Buffer): HepPacket => {
  const decoded = decodeHep(frame)
  if (decoded.kind === 'malformed') throw new Error(decoded.detail)
  return decoded
}
const FIELDS = {
  ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 1, dstPort: 2, atUs: 1e15 },
  ...{ captureId: 9, payload: Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n') },
}

test('withKey puts the key in the place of one that was blanked, and in every version', () => {
  for (const frame of [
    encodeHep(FIELDS),
    encodeHep({ ...FIELDS, authKey: 'xxxxxxxxxxxxxxx', vlan: 7 }),
    encodeHep({ ...FIELDS, version: 2 }),
  ]) {
    const before = packet(frame)
    const after = { ...before, version: 3, authKey: 'secret' }
    expect(packet(withKey(frame, 'secret'))).toEqual(after as HepPacket)
  }
})

test('asVersion3 says the same as versions 1 and 2 did', () => {
  for (const version of [1, 2] as const) {
    const frame = encodeHep({ ...FIELDS, version })
    expect(packet(asVersion3(frame)!)).toEqual({ ...packet(frame), version: 3 })
  }
})
