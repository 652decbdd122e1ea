// The whole program with what a real Kamailio sent: all 970 packets over every transport, compared
// with what the pcap holds when it is read without Calliope.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { CallDetail, CallPage, CallRow, Ledger, Source } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import {
  type TrueCall,
  type TruePacket,
  trueCalls,
  trueOutcome,
  truePackets,
} from './fixtures/oracle.ts'
import { readUdpPayloads } from './fixtures/pcapng.ts'
import { ask, type Program, settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND, type Transport } from './senders.ts'

const packets = truePackets()
const v3 = packets.filter(({ version }) => version === 3)
const fixtures = join(import.meta.dir, 'fixtures')

/** A program on a database of its own that has taken in these packets over one transport. */
async function withPackets(transport: Transport, sent: readonly TruePacket[]) {
  const database = await testDatabase()
  const directory = temporaryDirectory()
  const program = await startProgram([
    ...['--database', database.url, '--data-dir', directory.path],
    ...['--hep-ws', '127.0.0.1:0', '--hep-tls', '127.0.0.1:0'],
    ...['--hep-tls-cert', join(fixtures, 'localhost.crt')],
    ...['--hep-tls-key', join(fixtures, 'localhost.key')],
    // The fixture keeps its date, however late this runs.
    ...['--store-retention', '36500d', '--store-batch-wait', '100ms'],
  ])
  const end = async () => {
    await program.stop()
    await database[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  }
  try {
    await SEND[transport](
      program,
      sent.map(({ hep }) => hep),
    )
    const ledger = await settledLedger(program, sent.length)
    return { program, ledger, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

async function search(program: Program, q: string): Promise<CallRow[]> {
  const rows: CallRow[] = []
  let cursor: string | null = ''
  do {
    const page: CallPage = await ask<CallPage>(
      program,
      `/api/v1/calls?limit=37&q=${encodeURIComponent(q)}${cursor ? `&cursor=${cursor}` : ''}`,
    )
    rows.push(...page.calls)
    cursor = page.nextCursor
  } while (cursor)
  return rows
}

const call = (program: Program, callId: string) =>
  ask<CallDetail>(program, `/api/v1/calls/${encodeURIComponent(callId)}?correlate=0`)

const allCalls = async (program: Program): Promise<CallDetail[]> => {
  const rows = await search(program, '')
  return Promise.all(rows.map(({ callId }) => call(program, callId)))
}

const sorted = (texts: Iterable<string>): string[] => [...texts].sort()

/** What is the same for every sighting of one message. */
const sighting = (from: string, to: string, payload: Buffer | string) =>
  `${from} > ${to} ${payload.toString()}`

function expectGroundTruth(calls: readonly CallDetail[], sent: readonly TruePacket[]): void {
  expect(sorted(calls.map(({ callId }) => callId))).toEqual(sorted(trueCalls(sent).keys()))
  const found = calls.flatMap(({ callId, messages }) =>
    messages.flatMap(({ src, dst, raw, protocol, taps }) =>
      taps.map(
        ({ captureId }) =>
          `${callId} ${protocol} ${captureId} ${sighting(`${src.ip}:${src.port}`, `${dst.ip}:${dst.port}`, raw)}`,
      ),
    ),
  )
  const truth = sent.map(
    ({ callId, protocol, captureId, src, dst, payload }) =>
      `${callId} ${protocol} ${captureId} ${sighting(src, dst, payload)}`,
  )
  expect(sorted(found)).toEqual(sorted(truth))
}

const packetsByVersion = (sources: readonly Source[]) =>
  Object.fromEntries(
    [...Map.groupBy(sources, ({ hepVersion }) => hepVersion)].map(([version, some]) => [
      version,
      some.reduce((sum, { packets: n }) => sum + n, 0),
    ]),
  )

const TRANSPORTS: [Transport, readonly TruePacket[]][] = [
  ['tcp', v3], // versions 1 and 2 carry no length, so a stream cannot be cut into them
  ['tls', v3],
  ['ws', packets],
  ['http', packets],
]

test.each(TRANSPORTS)('every packet sent over %s is found in its call', async (transport, sent) => {
  await using rig = await withPackets(transport, sent)
  expect(rig.ledger).toMatchObject({ received: sent.length, stored: sent.length, pending: 0 })
  expectGroundTruth(await allCalls(rig.program), sent)
  const { sources } = await ask<{ sources: Source[] }>(rig.program, '/api/v1/sources')
  expect(packetsByVersion(sources)).toEqual(sent === v3 ? { 3: 800 } : { 1: 85, 2: 85, 3: 800 })
  expect(new Set(sources.map((source) => source.transport))).toEqual(new Set([transport]))
})

describe('the fixture over UDP', () => {
  let rig: Awaited<ReturnType<typeof withPackets>>
  let calls: CallDetail[]
  beforeAll(async () => {
    rig = await withPackets('udp', packets)
    calls = await allCalls(rig.program)
  })
  afterAll(async () => {
    await rig[Symbol.asyncDispose]()
  })

  test('is the ground truth: 966 SIP and 4 log, v1 85, v2 85, v3 800, nothing refused', async () => {
    expect(rig.ledger).toEqual({
      ...{ received: 970, stored: 970, pending: 0, balanced: true },
      ...{ rejected: { total: 0, byReason: {} }, dropped: { total: 0, byReason: {} } },
    } satisfies Ledger)
    expectGroundTruth(calls, packets)
    const taps = (protocol: number) =>
      calls
        .flatMap(({ messages }) => messages.filter((message) => message.protocol === protocol))
        .reduce((sum, message) => sum + message.taps.length, 0)
    expect([taps(1), taps(100)]).toEqual([966, 4])
    const { sources } = await ask<{ sources: Source[] }>(rig.program, '/api/v1/sources')
    expect(packetsByVersion(sources)).toEqual({ 1: 85, 2: 85, 3: 800 })
  })

  test('shows a message that several agents saw once, with a tap for each', () => {
    const folded = calls.flatMap(({ messages }) => messages.filter(({ taps }) => taps.length > 1))
    expect(folded.length).toBeGreaterThan(300)
    // Further apart than this it would be a retransmission, except for version 1, which has no time.
    for (const { taps } of folded.filter(({ taps }) => taps[0]!.captureId > 0)) {
      const times = taps.map(({ at }) => Date.parse(at))
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(250)
    }
    // A ladder has an arrow for each message, not for each sighting.
    for (const { messages, ladder } of calls)
      expect(ladder.arrows.map(({ message }) => message)).toEqual([...messages.keys()])
  })

  test('says when: the agent’s own clock, to the microsecond', () => {
    const times = calls.flatMap(({ messages }) =>
      messages.flatMap(({ taps }) => taps.filter(({ captureId }) => captureId > 0)),
    )
    const truth = packets.filter(({ atUs }) => atUs > 0)
    expect(sorted(times.map(({ at }) => at))).toEqual(sorted(truth.map(({ atUs }) => iso(atUs))))
    expect(times.some(({ clockClamped }) => clockClamped)).toBe(false)
  })

  test('comes back byte for byte in the pcap export of every call', async () => {
    for (const { callId } of calls) {
      const response = await fetch(
        `${rig.program.url}/api/v1/calls/${encodeURIComponent(callId)}/pcap?correlate=0`,
      )
      const exported = readUdpPayloads(Buffer.from(await response.arrayBuffer()))
      const sip = packets.filter((one) => one.callId === callId && one.protocol === 1)
      const bytes = (payload: Buffer) => payload.toString('latin1')
      // Sightings of one message by several agents are one packet, retransmissions are not.
      expect(
        new Set(exported.map(({ src, dst, payload }) => sighting(src, dst, bytes(payload)))),
      ).toEqual(new Set(sip.map(({ src, dst, payload }) => sighting(src, dst, bytes(payload)))))
    }
  })

  test('is searched as a brute force over the pcap would', async () => {
    const truth = [...trueCalls(packets).values()]
    const queries = new Map<string, (one: TrueCall) => boolean>()
    for (const { from, to, ruri, method, status, statuses, ips, ...rest } of truth) {
      queries.set(`method:${method}`, (one) => one.method === method)
      queries.set(`status:${status}`, (one) => one.status === status)
      for (const code of statuses) queries.set(`reply:${code}`, (one) => one.statuses.has(code))
      for (const ip of ips) queries.set(`ip:${ip}`, (one) => one.ips.has(ip))
      for (const user of [from, to, ruri].filter(Boolean)) {
        queries.set(`from:${user}`, (one) => one.from === user)
        queries.set(`to:${user}`, (one) => one.to === user)
        queries.set(`user:${user}`, (one) => [one.from, one.to, one.ruri].includes(user))
      }
      const outcome = trueOutcome({ ...rest, method, status })
      queries.set(`outcome:${outcome}`, (one) => trueOutcome(one) === outcome)
    }
    queries.delete('status:undefined')
    for (const [q, holds] of queries) {
      const found = (await search(rig.program, q)).map(({ callId }) => callId)
      expect([q, ...sorted(found)]).toEqual([
        q,
        ...sorted(truth.filter(holds).map(({ callId }) => callId)),
      ])
    }
    expect(queries.size).toBeGreaterThan(40)
  })
})

const iso = (us: number): string =>
  `${new Date(Math.floor(us / 1e6) * 1000).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`
