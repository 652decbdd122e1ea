import { expect, test } from 'bun:test'
import { encodeHep } from '#hep'
import { traceRecord } from './trace.ts'

const CENTURY_MS = 100 * 365 * 86_400_000
const nowUs = Date.UTC(2026, 10, 21) * 1000

function trace(atUs: number) {
  const ends = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060 }
  const payload = Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n')
  const bytes = encodeHep({ ...ends, atUs, payload })
  const peer = { transport: 'udp', peerIp: '10.0.0.1', peerPort: 5060 } as const
  const record = { kind: 'frame', ...peer, receivedUs: nowUs, bytes } as const
  const rules = { behindMsMax: CENTURY_MS, aheadMsMax: 3_600_000 }
  const none = { discardMethods: new Set<string>(), censorMethods: new Set<string>() }
  const traced = traceRecord(record, { ...rules, ...none }, nowUs)
  if (traced.kind === 'refused') throw new Error(traced.detail)
  return { atUs: traced.message.atUs, clockClamped: traced.message.clockClamped }
}

test('traceRecord takes no time at all for no time, even where calls of 1970 would be kept', () => {
  expect(trace(0)).toEqual({ atUs: nowUs, clockClamped: true })
  expect(trace(90e6)).toEqual({ atUs: nowUs, clockClamped: true }) // began to count at 1970
  const old = Date.UTC(2004) * 1000
  expect(trace(old)).toEqual({ atUs: old, clockClamped: false })
})
