import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { TracedMessage } from '#sip'
import { MediaMemory } from './media-memory.ts'

const report = (srcIp: string, srcPort: number, more: Partial<TracedMessage> = {}) =>
  ({
    ...{ srcIp, srcPort, dstIp: '', dstPort: 0, receivedUs: 1_000_000 },
    ...more,
  }) as TracedMessage

const note = (memory: MediaMemory, callId: string, ...lines: string[]) => {
  const text = Buffer.from(`Head: c=IN IP4 9.9.9.9\r\n\r\n${lines.join('\r\n')}\r\n`)
  memory.note(callId, text, text.indexOf('\r\n\r\n') + 4, text.length)
}

test('MediaMemory knows RTP, RTCP and the address of each stream, of IPv6 too', () => {
  const memory = new MediaMemory()
  note(memory, 'one', 'v=0', 'c=IN IP4 10.0.0.1', 'm=audio 4000 RTP/AVP 0', 'a=rtcp:4100')
  note(memory, 'two', 'v=0', 'c=IN IP4 10.0.0.2', 'm=audio 0 RTP/AVP 0', 'c=IN IP4 10.0.0.9')
  note(
    memory,
    'three',
    'm=audio 6000/2 RTP/SAVPF 0',
    'c=IN IP6 2001:DB8:0::1',
    'm=image 7000 udptl t38',
  )
  const of = (ip: string, port: number) => memory.callOf(report(ip, port))
  expect([of('10.0.0.1', 4000), of('10.0.0.1', 4001), of('10.0.0.1', 4100)]).toEqual([
    'one',
    'one',
    'one',
  ])
  expect([of('10.0.0.1', 4002), of('10.0.0.9', 0), of('10.0.0.2', 0)]).toEqual(['', '', ''])
  expect([of('2001:db8::1', 6000), of('2001:db8::1', 7000)]).toEqual(['three', ''])
  note(memory, 'newer', 'c=IN IP4 10.0.0.1', 'm=audio 4000 RTP/AVP 0')
  expect(of('10.0.0.1', 4000)).toBe('newer')
  expect(memory.callOf(report('9.9.9.9', 1, { dstIp: '10.0.0.1', dstPort: 4100 }))).toBe('one')
})

test('MediaMemory sleeps until a report comes that needs it, and forgets the oldest', () => {
  const memory = new MediaMemory()
  expect(memory.awakeUntilUs).toBe(0)
  memory.callOf(report('10.0.0.1', 1))
  expect(memory.awakeUntilUs).toBe(601_000_000)
  for (let i = 0; i < 70_000; i += 1)
    note(memory, `call-${i}`, `c=IN IP4 10.1.${i >> 8}.${i & 255}`, 'm=audio 4000 RTP/AVP 0')
  expect(memory.callOf(report('10.1.0.0', 4000))).toBe('')
  expect(memory.callOf(report('10.1.273.111', 4000))).toBe('call-69999')
})

test('MediaMemory takes any bytes for a description', () => {
  const line = fc.constantFrom(
    'c=IN IP4 ',
    'm=',
    'a=rtcp:',
    'm=audio 99999999999 RTP',
    '\n',
    'c=',
    '1',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string())), fc.nat(9), (parts, cut) => {
      const bytes = Buffer.from(`m=audio 4000 RTP\n${parts.join('')}`)
      new MediaMemory().note('any', bytes, 0, Math.max(0, bytes.length - cut))
    }),
  )
})
