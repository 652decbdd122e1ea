import { expect, test } from 'bun:test'
import { cseqOf, labelOf } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const [message] = scriptCall('0 a>p INVITE #7')

test('labelOf names SIP by method or status and other protocols by name', () => {
  expect(labelOf(message!)).toBe('INVITE')
  expect(labelOf(scriptCall('0 p>a 200 OK #7 INVITE')[0]!)).toBe('200 OK')
  const labels = [1, 5, 53, 100, 777].map((protocolType) =>
    labelOf({ ...message!, sip: undefined, protocolType }),
  )
  expect(labels).toEqual(['unreadable SIP', 'RTCP', 'DNS', 'log', 'type 777'])
})

test('cseqOf gives number and method, and nothing for what is not SIP', () => {
  expect(cseqOf(message!)).toBe('7 INVITE')
  expect(cseqOf({ ...message!, sip: undefined })).toBe('')
})
