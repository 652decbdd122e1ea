// For the tests of the meter: a spool in a temporary folder, messages as HEP frames, and what the tables say.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FilterOptions, openFilter } from '#filter'
import { encodeHep, type HepPacketFields } from '#hep'
import {
  type LaneOptions,
  type LaneWriter,
  openLane,
  openReader,
  openSpool,
  type Transport,
} from '#spool'
import { FrameMeter } from './frame-meter.ts'
import { printTables, type SentTables, type Tables } from './tables.ts'

export const ALICE = '10.0.0.1'
export const PROXY = '10.0.0.2'
export const BOB = '10.0.0.3'
/** 2026-11-21 12:00:00 UTC. */
export const NOON_US = 1_795_262_400_000_000

export interface Shown extends Partial<HepPacketFields> {
  readonly callId?: string
  readonly cseq?: number
  readonly headers?: readonly string[]
  readonly toTag?: string
}

/** 'INVITE', '180', '200 BYE' … from one host to another, `atMs` after noon. */
export function sipFrame(
  step: string,
  from: string,
  to: string,
  atMs = 0,
  shown: Shown = {},
): Buffer {
  const { callId = 'call-1', cseq = 1, headers = [], toTag = '', ...hep } = shown
  const [first = '', second = 'INVITE'] = step.split(' ')
  const isRequest = !/^\d/.test(first)
  const text = [
    isRequest ? `${first} sip:bob@b.example SIP/2.0` : `SIP/2.0 ${first} Whatever`,
    `Via: SIP/2.0/UDP ${from};branch=z9hG4bK${cseq}`,
    'From: <sip:alice@a.example>;tag=a1',
    `To: <sip:bob@b.example>${toTag || !isRequest ? `;tag=${toTag || 'b1'}` : ''}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${isRequest ? first : second}`,
    ...headers,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
  return hepFrame(text, { srcIp: from, dstIp: to, atUs: NOON_US + atMs * 1000, ...hep })
}

export const hepFrame = (payload: string, fields: Partial<HepPacketFields> = {}): Buffer =>
  encodeHep({
    ...{ srcIp: ALICE, dstIp: PROXY, srcPort: 5060, dstPort: 5060, atUs: NOON_US },
    ...{ captureId: 2001, captureNode: 'edge', payload: Buffer.from(payload), ...fields },
  })

export interface TestSpool extends AsyncDisposable {
  readonly directory: string
  /** Files of the first lane, once those that are passed have gone. */
  files(): number
  append(frames: readonly Buffer[], lane?: string, receivedUs?: number, transport?: Transport): void
}

/** An empty spool that goes away with the test. */
export async function testSpool(options: Partial<LaneOptions> = {}): Promise<TestSpool> {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-meter-'))
  const spool = await openSpool({ directory, readers: ['meter'] })
  const lanes = new Map<string, LaneWriter>()
  return {
    directory,
    files: () => {
      spool.reclaim()
      return spool.usage().lanes[0]?.files ?? 0
    },
    append: (frames, lane = 'udp-0', receivedUs = NOON_US, transport = 'udp') => {
      const writer = lanes.get(lane) ?? openLane({ directory, lane, ...options })
      lanes.set(lane, writer)
      for (const bytes of frames)
        writer.append({ receivedUs, transport, peerIp: '127.0.0.1', peerPort: 4000, bytes })
      writer.flush()
    },
    [Symbol.asyncDispose]: async () => {
      for (const writer of lanes.values()) await writer.close()
      await spool.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** What the tables hold after these frames. */
export async function counted(
  frames: readonly Buffer[],
  targets: readonly string[] = [],
  filter: FilterOptions = {},
): Promise<Said> {
  await using spool = await testSpool()
  spool.append(frames)
  const meter = new FrameMeter(await openFilter(filter))
  meter.setTargets(targets)
  const reader = openReader({ directory: spool.directory, lane: 'udp-0' })
  for (let chunk = reader.read(); chunk !== undefined; chunk = reader.read()) {
    const walk = chunk.walk()
    for (let number = 1; walk.next(); number += 1) meter.add(walk, 'udp-0', number)
  }
  reader.close()
  return saidBy(meter.tables)
}

/** Of one metric: value by labels, joined with blanks; of histograms the count. */
export type Said = (metric: string) => Readonly<Record<string, number>>

export const saidBy = (tables: Tables): Said => saidIn(JSON.parse(printTables(tables)))

export const saidIn =
  (tables: SentTables): Said =>
  (metric) =>
    Object.fromEntries(
      (tables[metric] ?? []).map(([labels, value]) => [
        labels.join(' '),
        typeof value === 'number' ? value : value.at(-1)!,
      ]),
    )
