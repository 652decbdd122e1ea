// What the ingest doctor says, as data: advice, parts of broken frames, configurations.
import { expect, test } from 'bun:test'
import type { Source } from '#contract'
import { encodeHep } from '#hep'
import { AGENTS } from '../src/web/page/doctor/agent-configs.ts'
import { endsOf } from '../src/web/page/doctor/ends.ts'
import { readParts } from '../src/web/page/doctor/hep-chunks.ts'
import { adviseOn, adviseOnSockets } from '../src/web/page/doctor/source-advice.ts'

const NOW = Date.UTC(2026, 10, 21, 8)
const source = (change: Partial<Source>): Source => ({
  ...{ node: 'n1', peer: '10.0.0.7', transport: 'udp', captureId: 7, capturedBy: 'edge' },
  ...{ hepVersion: 3, packets: 1_000, bytes: 500_000, rejected: 0, packetsPerSecond: 3 },
  ...{ clockSkewMs: 2, largestBytes: 900, reasons: {}, duplicates: 0, truncated: 0, large: 0 },
  ...{ recent: [], firstSeenAt: new Date(NOW - 1e6).toISOString() },
  lastSeenAt: new Date(NOW - 1_000).toISOString(),
  ...change,
})
const advice = (change: Partial<Source>) => adviseOn(source(change), NOW).map(({ text }) => text)

test('adviseOn has nothing to say of a source that is well', () => {
  expect(advice({})).toEqual([])
})

test.each([
  [{ clockSkewMs: -47_000 }, "This agent's clock is 47 s ahead: run chrony there"],
  [{ clockSkewMs: 7_200_000 }, "This agent's clock is 2 h behind: run chrony there"],
  [{ truncated: 3, largestBytes: 1_472 }, 'messages end at 1,472 bytes, which is one Ethernet'],
  [{ truncated: 3, largestBytes: 1_600 }, 'their body is shorter than Content-Length says'],
  [{ large: 2, largestBytes: 1_500 }, '2 frames of more than 1,300 bytes came by UDP'],
  [{ duplicates: 500 }, '50 % of its frames come twice'],
  [{ hepVersion: 1 }, 'HEP version 1 carries no time'],
  [{ captureId: 0 }, 'It has no capture id'],
  [{ lastSeenAt: new Date(NOW - 720_000).toISOString() }, 'Nothing for 12 min'],
  [
    { rejected: 2, reasons: { auth_wrong: 2 } },
    '2 frames refused (auth wrong): it carries a wrong key',
  ],
])('adviseOn sees what is wrong with %j', (change, text) => {
  expect(advice(change)).toEqual([expect.stringContaining(text)])
})

test('adviseOn does not warn of large frames over TCP, and puts what loses data first', () => {
  expect(advice({ transport: 'tcp', large: 9 })).toEqual([])
  const both = adviseOn(source({ captureId: 0, truncated: 1 }), NOW)
  expect(both.map(({ mood }) => mood)).toEqual(['bad', 'mild'])
})

test('adviseOnSockets tells of drops in the kernel and of a receive buffer cut short', () => {
  const quiet = {
    ...{ udpDatagrams: 0, streamBytes: 0, connectionsOpen: 0, connectionsRefused: 0 },
    ...{ connectionsExpelled: 0, kernelDrops: 0, lastRefused: null },
    ...{ receiveBufferAskedBytes: 8 * 2 ** 20, receiveBufferGrantedBytes: 8 * 2 ** 20 },
  }
  expect(adviseOnSockets(quiet)).toEqual([])
  const [drops, buffer] = adviseOnSockets({
    ...quiet,
    ...{ kernelDrops: 12, receiveBufferGrantedBytes: 2 ** 18 },
  })
  expect(drops?.text).toContain('dropped 12 datagrams')
  expect(buffer?.text).toContain('sysctl -w net.core.rmem_max=8388608')
})

const frame = () =>
  encodeHep({
    ...{
      srcIp: '10.1.1.1',
      dstIp: '10.1.1.2',
      srcPort: 5060,
      dstPort: 5061,
      atUs: 1_795_219_200_000_005,
    },
    ...{
      captureId: 7,
      captureNode: 'edge',
      authKey: 'secret',
      payload: Buffer.from('OPTIONS\r\nx'),
    },
  })

test('readParts names every chunk of a sound frame and never shows a key', () => {
  const bytes = frame()
  const parts = readParts(bytes)
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes.length)
  const values = Object.fromEntries(parts.map(({ name, value }) => [name, value]))
  expect(values).toMatchObject({
    ...{ '3 source IPv4': '10.1.1.1', '8 destination port': '5061', '9 seconds': '1795219200' },
    ...{ '10 microseconds': '5', '12 capture id': '7', '19 node name': 'edge' },
    ...{ '14 key': '(blanked)', '15 payload': 'OPTIONS⏎x' },
  })
})

test('readParts ends at the chunk whose length cannot be', () => {
  const bytes = frame()
  bytes.writeUInt16BE(3, 6 + 7 + 4)
  const parts = readParts(bytes)
  expect(parts.at(-1)).toMatchObject({ at: 13, name: '2 IP protocol' })
  expect(parts.at(-1)?.value).toStartWith('says 3 bytes')
})

test('readParts survives every cut and every kind of junk', () => {
  const bytes = frame()
  for (let end = 0; end <= bytes.length; end++) {
    for (const part of readParts(bytes.subarray(0, end)))
      expect(part.at + part.bytes).toBeLessThanOrEqual(end)
  }
  expect(readParts(Buffer.from('GET / HTTP/1.1'))[0]).toMatchObject({ name: 'no HEP' })
  const old = Buffer.from('02100211138813890a0101010a010102', 'hex')
  expect(readParts(old).find(({ name }) => name === 'source')?.value).toBe('10.1.1.1')
})

test('every agent can be configured for the address, IPv6 in brackets, and with its key', () => {
  for (const agent of AGENTS)
    for (const transport of agent.transports) {
      const target = { host: '2001:db8::9', port: 9060, transport, captureId: 31, key: '' }
      const text = agent.text(target)
      expect([agent.id, text]).toEqual([agent.id, expect.stringContaining('9060')])
      expect(text).toContain('2001:db8::9')
      expect(text).not.toContain('undefined')
    }
})

test('endsOf names the host we came by where the server listens on every address', () => {
  const hep = [
    { transport: 'udp', address: '0.0.0.0:9060' },
    { transport: 'tcp', address: '127.0.0.1:9061' },
    { transport: 'tls', address: '[::]:9062' },
  ]
  expect(endsOf({ version: '', hep }, '[2001:db8::1]')).toEqual([
    { transport: 'udp', host: '2001:db8::1', port: 9060, isLocal: false },
    { transport: 'tcp', host: '127.0.0.1', port: 9061, isLocal: true },
    { transport: 'tls', host: '2001:db8::1', port: 9062, isLocal: false },
  ])
})
