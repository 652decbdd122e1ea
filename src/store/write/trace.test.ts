import { expect, test } from 'bun:test'
import { encodeHep } from '#hep'
import type { Transport } from '#spool'
import { traceRecord } from './trace.ts'

const CENTURY_MS = 100 * 365 * 86_400_000
const nowUs = Date.UTC(2026, 10, 21) * 1000

function trace(atUs: number, transport: Transport = 'udp', behindMsMax = CENTURY_MS) {
  const ends = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060 }
  const payload = Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n')
  const bytes = encodeHep({ ...ends, atUs, payload })
  const peer = { transport, peerIp: '10.0.0.1', peerPort: 5060 } as const
  const record = { kind: 'frame', ...peer, receivedUs: nowUs, bytes } as const
  const rules = { behindMsMax, aheadMsMax: 3_600_000 }
  const traced = traceRecord(record, rules, nowUs)
  if (traced.kind === 'refused') throw new Error(traced.detail)
  const { agentUs, message } = traced
  return { atUs: message.atUs, clockClamped: message.clockClamped, message, agentUs }
}

test('traceRecord takes no time at all for no time, even where calls of 1970 would be kept', () => {
  expect(trace(0)).toMatchObject({ atUs: nowUs, clockClamped: true })
  expect(trace(90e6)).toMatchObject({ atUs: nowUs, clockClamped: true }) // began to count at 1970
  const old = Date.UTC(2004) * 1000
  expect(trace(old)).toMatchObject({ atUs: old, clockClamped: false })
})

test('traceRecord believes the time of what was stored elsewhere before, for a year and more, but not the absurd', () => {
  const old = Date.UTC(2026, 2) * 1000
  expect(trace(old, 'udp', 86_400_000).clockClamped).toBe(true)
  const imported = trace(old, 'import', 86_400_000)
  expect(imported).toMatchObject({ atUs: old, clockClamped: false, agentUs: 0 })
  expect(imported.message.receivedUs).toBe(old)
  expect(trace(0, 'import')).toMatchObject({ atUs: nowUs, clockClamped: true })
  // Anybody who may send could ask for a table each quarter of a day since 2000.
  const ancient = Date.UTC(2004) * 1000
  expect(trace(ancient, 'import', 86_400_000)).toMatchObject({ atUs: nowUs, clockClamped: true })
  expect(trace(ancient, 'import')).toMatchObject({ atUs: ancient, clockClamped: false })
})
