import { expect, test } from 'bun:test'
import type { TracedMessage } from '#sip'
import { CallGroups } from './call-groups.ts'
import { sipOf } from './segment.ts'

function message(payload: string, fields: Partial<TracedMessage> = {}): TracedMessage {
  const bytes = Buffer.from(payload)
  return {
    ...{
      atUs: 1,
      receivedUs: 1,
      clockClamped: false,
      ipProtocol: 17,
      protocolType: 1,
      captureId: 0,
    },
    ...{ srcIp: 'a', srcPort: 1, dstIp: 'b', dstPort: 2, captureNode: '', correlationId: '' },
    payload: bytes,
    sip: sipOf(1, bytes),
    ...fields,
  }
}

const options = (callId: string) =>
  message(`OPTIONS sip:a@b SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\n\r\n`)

test('CallGroups deals messages out by protocol and Call-ID', () => {
  const groups = new CallGroups()
  const rtcp = message('{}', { protocolType: 5, correlationId: 'one', sip: undefined })
  for (const each of [options('one'), options('two'), rtcp, options('one')]) groups.add(each)
  expect(
    groups.all.map(({ protocol, callId, messages }) => [protocol, callId, messages.length]),
  ).toEqual([
    [1, 'one', 2],
    [1, 'two', 1],
    [5, 'one', 1],
  ])
})

test('CallGroups begins another row when a call has very many messages or bytes', () => {
  const groups = new CallGroups()
  for (let i = 0; i < 4001; i++) groups.add(options('busy'))
  expect(groups.all.map(({ messages }) => messages.length)).toEqual([2000, 2000, 1])
  const large = new CallGroups()
  const body = 'x'.repeat(60_000)
  for (let i = 0; i < 40; i++) large.add(message(body))
  expect(large.all.map(({ bytes }) => bytes)).toEqual([1_080_000, 1_080_000, 240_000])
})
