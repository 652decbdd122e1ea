import { expect, test } from 'bun:test'
import net from 'node:net'
import { decodeHep, type HepPacket } from '#hep'
import { parseSip } from '#sip'
import {
  httpSink,
  type ReceivedFrame,
  type Sink,
  sinkCertificate,
  streamSink,
  udpSink,
  webSocketSink,
} from '../../../test/hep-sinks.ts'
import { buildTrafficRing, type SendOptions, type SendProgress, sendTraffic } from '../index.ts'

const to = ({ port }: Sink) => ({ host: '127.0.0.1', port })

const decoded = ({ frame }: ReceivedFrame): HepPacket => {
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') throw new Error(packet.detail)
  return packet
}

const callIdOf = (received: ReceivedFrame): string => {
  const { protocolType, payload, correlationId } = decoded(received)
  const sip = parseSip(payload)
  return protocolType === 1 && sip.kind !== 'malformed' ? sip.callId : correlationId
}

const SINKS: [SendOptions['transport'], () => Sink | Promise<Sink>][] = [
  ['udp', udpSink],
  ['tcp', () => streamSink('tcp')],
  ['tls', () => streamSink('tls')],
  ['ws', webSocketSink],
  ['http', httpSink],
]

for (const [transport, open] of SINKS) {
  test(`sendTraffic over ${transport}: what is received is what the summary says`, async () => {
    await using sink = await open()
    const startedUs = Date.now() * 1_000
    const source = buildTrafficRing({ starts: 100, authKey: 'key', captureIds: [31] })
    const ratePerSecond = transport === 'udp' ? 20_000 : 'max' // datagrams may be lost to a burst
    const summary = await sendTraffic({
      ...{ source, to: to(sink), transport, count: 2_000, ratePerSecond },
      tls: { ca: sinkCertificate() },
    })
    await sink.received(2_000)
    expect(sink.frames).toHaveLength(2_000)
    const bytes = sink.frames.reduce((sum, { frame }) => sum + frame.length, 0)
    const calls = new Set(sink.frames.map(callIdOf)).size
    const acknowledged = transport === 'http' ? 2_000 : 0
    expect(summary).toMatchObject({
      sent: 2_000,
      bytes,
      calls,
      acknowledged,
      errors: 0,
      lastError: '',
    })
    const packets = Object.values(summary.byKind).reduce((sum, kind) => sum + kind.packets, 0)
    expect(packets).toBe(2_000)
    for (const received of sink.frames) {
      const { atUs, captureId, authKey } = decoded(received)
      expect([captureId, authKey]).toEqual([31, 'key'])
      expect(atUs).toBeGreaterThan(startedUs - 1_000)
      expect(atUs).toBeLessThan(Date.now() * 1_000 + 1_000)
    }
  })
}

test('sendTraffic from several senders keeps the packets of a call on one socket', async () => {
  await using sink = await udpSink()
  const source = { mix: 'calls', starts: 60, captureIds: [1, 2, 3] } as const
  await sendTraffic({
    ...{ source, to: to(sink), transport: 'udp', senders: 3, count: 420, ratePerSecond: 10_000 },
  })
  await sink.received(420)
  expect(new Set(sink.frames.map(({ peerPort }) => peerPort)).size).toBe(3)
  const portsByCall = Map.groupBy(sink.frames, callIdOf)
  expect(portsByCall.size).toBe(60)
  for (const [, frames] of portsByCall)
    expect(new Set(frames.map(({ peerPort }) => peerPort)).size).toBe(1)
})

test('sendTraffic never stamps two packets with the same time, as fast as it may send', async () => {
  await using sink = await streamSink('tcp')
  const options = { source: { starts: 400 }, to: to(sink), transport: 'tcp' } as const
  await sendTraffic({ ...options, count: 30_000, senders: 2 })
  await sink.received(30_000)
  // A message and its retransmission differ by nothing else.
  expect(new Set(sink.frames.map((received) => decoded(received).atUs)).size).toBe(30_000)
})

test('sendTraffic keeps the rate, evenly', async () => {
  await using sink = await udpSink()
  const options = { source: { starts: 50 }, to: to(sink), transport: 'udp' } as const
  const away = timeAway()
  const summary = await sendTraffic({ ...options, ratePerSecond: 2_000, durationMs: 500 })
  const awayMs = away.stop()
  expect(summary.sent).toBeLessThanOrEqual(1_001)
  expect(summary.sent).toBeGreaterThan(850 - awayMs * 2)
  await sink.received(summary.sent)
  const times = sink.frames.map((received) => decoded(received).atUs)
  const halfTime = (times[0]! + times.at(-1)!) / 2
  const early = times.filter((at) => at < halfTime).length
  const uneven = 0.1 + awayMs / 500
  expect(early / times.length).toBeGreaterThan(0.5 - uneven)
  expect(early / times.length).toBeLessThan(0.5 + uneven)
})

/** How long this thread did not get to run, as far as a sender that catches up gently cannot make good for it. */
function timeAway() {
  let [lastMs, awayMs] = [performance.now(), 0]
  const look = () => {
    const nowMs = performance.now()
    awayMs += Math.max(0, nowMs - lastMs - 4)
    lastMs = nowMs
  }
  const timer = setInterval(look, 1)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return awayMs
    },
  }
}

test('sendTraffic waits for a stream that does not read, and then loses nothing', async () => {
  let resume: (() => void) | undefined
  await using sink = await streamSink('tcp', (socket) => {
    socket.pause()
    resume = () => socket.resume()
  })
  const options = { source: { starts: 200 }, to: to(sink), transport: 'tcp' } as const
  const stalled: SendProgress[] = []
  const sending = sendTraffic({
    ...{ ...options, durationMs: 300, progressEveryMs: 20 },
    onProgress: (progress) => stalled.push(progress),
  })
  setTimeout(() => resume?.(), 400)
  const summary = await sending
  // Loopback takes a few megabytes before it pushes back; without that, a hundred would have gone.
  expect(summary.bytes).toBeLessThan(20e6)
  expect(summary.errors).toBe(0)
  await sink.received(summary.sent)
  expect(sink.frames).toHaveLength(summary.sent)
})

test('sendTraffic ends when the signal says so and reports its progress until then', async () => {
  await using sink = await udpSink()
  const stop = new AbortController()
  const seen: SendProgress[] = []
  const summary = await sendTraffic({
    ...{ source: { starts: 20 }, to: to(sink), transport: 'udp', ratePerSecond: 500 },
    ...{ signal: stop.signal, progressEveryMs: 20 },
    onProgress: (progress) => {
      seen.push(progress)
      if (seen.length === 4) stop.abort()
    },
  })
  expect(seen).toHaveLength(4)
  expect(seen.map(({ sent }) => sent)).toEqual(seen.map(({ sent }) => sent).sort((a, b) => a - b))
  expect(summary.sent).toBeGreaterThanOrEqual(seen[3]!.sent)
  expect(summary.sent).toBeLessThan(500)
})

async function closedPort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

for (const transport of ['tcp', 'tls', 'ws'] as const) {
  test(`sendTraffic over ${transport} says where it could not connect`, async () => {
    const port = await closedPort()
    const sending = sendTraffic({
      source: {},
      to: { host: '127.0.0.1', port },
      transport,
      count: 1,
    })
    await expect(sending).rejects.toThrow(`cannot connect to ${transport} 127.0.0.1:${port}`)
  })
}

test('sendTraffic over TLS refuses a certificate it does not know, unless told not to look', async () => {
  await using sink = await streamSink('tls')
  const options = { source: { starts: 5 }, to: to(sink), transport: 'tls', count: 10 } as const
  await expect(sendTraffic(options)).rejects.toThrow(/cannot connect to tls/)
  expect(await sendTraffic({ ...options, tls: { verify: false } })).toMatchObject({
    sent: 10,
    errors: 0,
  })
})

for (const transport of ['udp', 'http'] as const) {
  test(`sendTraffic over ${transport} counts errors when nobody listens, and goes on`, async () => {
    const target = { host: '127.0.0.1', port: await closedPort() }
    const options = {
      source: { starts: 20 },
      to: target,
      ratePerSecond: 1_000,
      count: 100,
    } as const
    const summary = await sendTraffic({ ...options, transport })
    expect(summary.sent).toBe(100)
    expect(summary.errors).toBeGreaterThan(0)
    expect(summary.lastError).toContain(`127.0.0.1:${target.port}`)
    expect(summary.acknowledged).toBe(0)
  })
}

test('sendTraffic over TCP connects again when the connection is lost', async () => {
  let connections = 0
  await using sink = await streamSink('tcp', (socket) => {
    if (++connections === 1) socket.once('data', () => socket.destroy())
  })
  const summary = await sendTraffic({
    ...{ source: { starts: 50 }, to: to(sink), transport: 'tcp', ratePerSecond: 2_000, count: 600 },
  })
  expect(summary).toMatchObject({ sent: 600 })
  expect(summary.errors).toBeGreaterThan(0)
  expect(connections).toBe(2)
  expect(sink.frames.length).toBeGreaterThan(300)
})

test('sendTraffic over HTTP believes only what the server acknowledged', async () => {
  let requests = 0
  await using sink = httpSink((received) =>
    ++requests % 2 === 0
      ? Response.json({ error: { code: 'spool_full', message: 'full' } }, { status: 503 })
      : Response.json({ received, appended: received - 1, rejected: 1 }),
  )
  const source = buildTrafficRing({ starts: 20 })
  const summary = await sendTraffic({
    source,
    to: to(sink),
    transport: 'http',
    count: 4 * source.length,
  })
  expect(sink.frames).toHaveLength(4 * source.length)
  expect(requests).toBe(4)
  expect(summary).toMatchObject({ sent: 4 * source.length, errors: 2 })
  expect(summary.acknowledged).toBe(2 * (source.length - 1))
  expect(summary.lastError).toContain('503')
})

test('sendTraffic refuses a number of senders that makes no sense', async () => {
  const options = { source: {}, to: { host: '127.0.0.1', port: 9 }, transport: 'udp' } as const
  await expect(sendTraffic({ ...options, senders: 0 })).rejects.toThrow(/1 to 1000, not 0/)
})
