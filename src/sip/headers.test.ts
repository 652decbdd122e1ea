import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { customHeaders, headerValue, readHeaders } from './index.ts'

const MESSAGE = Buffer.from(
  [
    'INVITE sip:bob@b SIP/2.0',
    'v: SIP/2.0/UDP 10.0.0.1;branch=1',
    'Via: SIP/2.0/UDP 10.0.0.2',
    'Subject : folded',
    '\tover  ',
    '   two lines',
    'no colon here',
    'X-Customer: Jürgen',
    'x-customer: second',
    'm: <sip:a@x>, <sip:b@x>',
    'Empty:',
    '',
    'Body: not a header',
  ].join('\r\n'),
)

test('readHeaders reads every header in order, unfolded, with its full and its sent name', () => {
  expect(readHeaders(MESSAGE)).toEqual([
    { name: 'Via', value: 'SIP/2.0/UDP 10.0.0.1;branch=1', sentName: 'v' },
    { name: 'Via', value: 'SIP/2.0/UDP 10.0.0.2', sentName: 'Via' },
    { name: 'Subject', value: 'folded over   two lines', sentName: 'Subject' },
    { name: 'X-Customer', value: 'Jürgen', sentName: 'X-Customer' },
    { name: 'x-customer', value: 'second', sentName: 'x-customer' },
    { name: 'Contact', value: '<sip:a@x>, <sip:b@x>', sentName: 'm' },
    { name: 'Empty', value: '', sentName: 'Empty' },
  ])
})

test('headerValue reads the first of a name, by its full or compact form', () => {
  expect(headerValue(MESSAGE, 'VIA')).toBe('SIP/2.0/UDP 10.0.0.1;branch=1')
  expect(headerValue(MESSAGE, 'contact')).toBe('<sip:a@x>, <sip:b@x>')
  expect(headerValue(MESSAGE, 'Body')).toBeUndefined()
})

test('customHeaders gives the configured headers under lower-case names', () => {
  expect(customHeaders(MESSAGE, ['X-Customer', 'Contact', 'X-Absent'])).toEqual({
    'x-customer': 'Jürgen',
    contact: '<sip:a@x>, <sip:b@x>',
  })
  expect(customHeaders(MESSAGE, [])).toEqual({})
})

test('customHeaders cuts long values and takes NUL out', () => {
  const payload = Buffer.from(`X sip:x SIP/2.0\r\nX-A: ${'y'.repeat(5_000)}\r\nX-B: a\0b\r\n\r\n`)
  const { 'x-a': long, 'x-b': clean } = customHeaders(payload, ['X-A', 'X-B'])
  expect(long).toHaveLength(1_024)
  expect(clean).toBe('a\ufffdb')
})

test('readHeaders never throws, whatever the bytes, and reads a bounded number of lines', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const payload = Buffer.from(bytes)
      for (const { name } of readHeaders(payload)) headerValue(payload, name)
    }),
  )
  expect(readHeaders(Buffer.from(`X\n${'a:b\n'.repeat(5_000)}\n`)).length).toBe(512)
})
