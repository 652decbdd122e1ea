import { expect, test } from 'bun:test'
import { MemoryStore } from '../../../test/memory-store.ts'
import { exportText, visible } from './text.ts'

const store = new MemoryStore()
const { callId } = store
  .rows()
  .find(({ method, messageCount }) => method === 'INVITE' && messageCount > 10)!
const call = (await store.readCall(callId, { correlate: false, messagesMax: 1000 }))!

test('exportText says what the call was, then every message under a line of its own', () => {
  const text = exportText(call)
  const [first, second] = text.split('\n')
  expect(first).toBe(`# Call-ID: ${callId}`)
  expect(second).toBe(`# ${call.verdict}`)
  const heads = text.match(/^U \d{4}-\d\d-\d\dT\S{15}Z \+\d+\.\d{3} \S+:\d+ -> \S+:\d+ .+$/gm) ?? []
  expect(heads).toHaveLength(call.messages.length)
  expect(heads[0]).toContain(' +0.000 ')
  expect(text).toContain('\nINVITE sip:')
  expect(text).not.toContain('\r')
  expect(text).toEndWith('\n')
})

test('exportText marks legs, taps, IPv6 and what was left out', () => {
  const [message] = call.messages
  const text = exportText({
    ...call,
    legs: [...call.legs, { ...call.legs[0]!, callId: 'other', reasons: ['X-CID', 'same SDP'] }],
    messages: [
      {
        ...message!,
        src: { ip: '2001:db8::1', port: 5060 },
        callId: 'other',
        transport: 'TLS',
        taps: [message!.taps[0]!, { ...message!.taps[0]!, captureId: 9 }],
      },
    ],
    messagesOmitted: 7,
  })
  expect(text).toContain('# leg 2: other ')
  expect(text).toContain('(X-CID, same SDP)')
  expect(text).toContain('# 1 messages, 7 more left out\n')
  expect(text).toMatch(/^TLS .* \[2001:db8::1\]:5060 -> .* leg 2 seen by \d+, 9$/m)
})

test('exportText lets no payload steer a terminal', () => {
  const hostile = '\u001b[2J\u009b31m\u0007\rINVITE\u007f'
  const [message] = call.messages
  const text = exportText({
    ...{ ...call, callId: hostile, verdict: hostile },
    messages: [{ ...message!, raw: `${hostile}\r\nx\n\ty`, label: hostile }],
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
  expect(text).toContain('␛[2J�31m␇␍INVITE␡\nx\n\ty\n')
})

test('visible leaves ordinary text alone', () => {
  expect(visible('ä漢🎵\tx\ny')).toBe('ä漢🎵\tx\ny')
})
