import { expect, test } from 'bun:test'
import { decodeHep, PROTOCOL } from '#hep'
import { frameOfPacket, type Homer7Row, packetOfRow } from './homer7-row.ts'

const HEADER = {
  ...{ protocolFamily: 2, protocol: 6, srcIp: '192.0.2.1', dstIp: '2001:db8::1' },
  ...{ srcPort: 5060, dstPort: 5061, timeSeconds: 1_760_000_000, timeUseconds: 123_456 },
  ...{ payloadType: 1, captureId: 'edge-1', capturePass: 'secret', correlation_id: 'a-leg' },
}

const row = (header: object = {}, rest: Partial<Homer7Row> = {}): Homer7Row => ({
  ...{ place: '(0,1)', id: '1', sid: 'call-1', data: null, raw: 'INVITE sip:b SIP/2.0\r\n\r\n' },
  header: JSON.stringify({ ...HEADER, ...header }),
  createdUs: '1760000009000000',
  ...rest,
})

function packetOf(header: object = {}, rest: Partial<Homer7Row> = {}, hepType = 1) {
  const read = packetOfRow(row(header, rest), hepType)
  if (read.kind === 'left-out') throw new Error(read.why)
  return read.packet
}

test('packetOfRow gives back what heplify-server took the row from, but for the key', () => {
  expect(packetOf()).toEqual({
    ...{ srcIp: '192.0.2.1', dstIp: '2001:db8::1', srcPort: 5060, dstPort: 5061, ipProtocol: 6 },
    ...{ atUs: 1_760_000_000_123_456, protocolType: 1, captureNode: 'edge-1' },
    ...{ correlationId: 'a-leg', payload: Buffer.from('INVITE sip:b SIP/2.0\r\n\r\n') },
  })
})

test('packetOfRow takes a captureId of digits for a number, and one too large for a name', () => {
  expect(packetOf({ captureId: '2001' })).toMatchObject({ captureId: 2001 })
  expect(packetOf({ captureId: '99999999999' })).toMatchObject({ captureNode: '99999999999' })
})

test('packetOfRow leaves away a correlation id that only says the Call-ID once more', () => {
  expect(packetOf({ correlation_id: 'call-1' }).correlationId).toBe('')
  // What is not SIP has nothing else to be found by.
  const log = { payloadType: 100, correlation_id: 'call-1' }
  expect(packetOf(log, { data: '{}' }, 100).correlationId).toBe('call-1')
  const isup = { payloadType: 54, correlation_id: '' }
  expect(packetOf(isup, { sid: '1:2:3', data: '{}' }, 54).correlationId).toBe('1:2:3')
})

test('packetOfRow finds the payload where ForceHEPPayload has put it', () => {
  const label = '{"node":"edge-1","proto":"rtcpxr"}'
  const swapped = { data: '{"mos": 4.1}', raw: label }
  expect(packetOf({ payloadType: 35 }, swapped, 35).payload.toString()).toBe('{"mos": 4.1}')
  const plain = { data: label, raw: '{"node":1,"proto":2}' }
  expect(packetOf({ payloadType: 35 }, plain, 35).payload.toString()).toBe(plain.raw)
})

test('packetOfRow mends an address that is none, and takes create_date where there is no time', () => {
  const read = packetOfRow(row({ srcIp: 'sbc-1', timeSeconds: 0 }), 1)
  expect(read).toMatchObject({
    ...{ kind: 'packet', mended: true },
    packet: { srcIp: '', atUs: 1_760_000_009_000_000 },
  })
  expect(packetOfRow(row({ srcIp: '::ffff:192.0.2.7' }), 1)).toMatchObject({ mended: false })
})

test('packetOfRow leaves out what is no message, and says why', () => {
  expect(packetOfRow(row({}, { raw: '' }), 1)).toMatchObject({ kind: 'left-out' })
  expect(packetOfRow(row({}, { header: '[1]' }), 1)).toMatchObject({ kind: 'left-out' })
})

test('frameOfPacket compresses what is too large, and gives up on what does not help', () => {
  const big = frameOfPacket(packetOf({}, { raw: 'x'.repeat(65_500) }))!
  const read = decodeHep(big)
  expect(read.kind === 'packet' && read.payload.length).toBe(65_500)
  expect(read.kind === 'packet' && read.protocolType).toBe(PROTOCOL.sip)
  expect(frameOfPacket(packetOf({}, { raw: 'x'.repeat(65_536) }))).toBeUndefined()
  const noise = Array.from({ length: 65_500 }, () => 33 + Math.floor(Math.random() * 94))
  const raw = String.fromCharCode(...noise)
  // Some six and a half bits a character: this one can be compressed.
  expect(frameOfPacket(packetOf({}, { raw }))!.length).toBeLessThan(65_535)
})
