import { expect, test } from 'bun:test'
import { parseSip } from './index.ts'

/** From value to user, domain, tag. */
const ADDRESSES: Readonly<Record<string, readonly [user: string, domain: string, tag: string]>> = {
  '<sip:alice@example.com>;tag=1': ['alice', 'example.com', '1'],
  'sip:alice@example.com;tag=1': ['alice', 'example.com', '1'],
  'Alice <SIP:alice@EXAMPLE.com:5060;transport=tcp>;x=y;TAG=1': ['alice', 'example.com', '1'],
  '"A, \\"<sip:x@y>\\"; B" <sips:alice@example.com>;tag=1': ['alice', 'example.com', '1'],
  '<sip:+49-89;ext=7:secret@example.com;user=phone>;tag=1': ['+49-89', 'example.com', '1'],
  '<sip:alice:secret@example.com?subject=a@b>;tag=1': ['alice', 'example.com', '1'],
  '<sip:alice@[2001:DB8::1]:5061>;tag=1': ['alice', '2001:db8::1', '1'],
  '<sip:alice@2001:db8::1>;tag=1': ['alice', '2001:db8::1', '1'],
  '<sip:alice@10.0.0.1:5060>;tag=1': ['alice', '10.0.0.1', '1'],
  '<sip:example.com;lr>;tag=1': ['', 'example.com', '1'],
  '<sip:alice%40corp.example@sbc.example>;tag=1': ['alice@corp.example', 'sbc.example', '1'],
  '<sip:a%zz@example.com>;tag=1': ['a%zz', 'example.com', '1'],
  '<sip:a%0d%0ab@example.com>': ['a%0d%0ab', 'example.com', ''],
  '<tel:+1-(201)-555.0123;phone-context=+1>;tag=1': ['+12015550123', '', '1'],
  'tel:7042;tag=1': ['7042', '', '1'],
  '<tel:7042;phone-context=Example.com>;tag=1': ['7042', 'example.com', '1'],
  '<urn:service:sos>;tag=1': ['service:sos', '', '1'],
  '<im:bob@example.com>;tag=1': ['bob', 'example.com', '1'],
  '<http://example.com:80/x?y>;tag=1': ['', 'example.com', '1'],
  '<alice@example.com>;tag=1': ['alice', 'example.com', '1'],
  '10.0.0.1:5060;tag=1': ['', '10.0.0.1', '1'],
  'Anonymous <sip:anonymous@anonymous.invalid>;x="a;tag=no";tag=1': [
    'anonymous',
    'anonymous.invalid',
    '1',
  ],
  '<sip:alice@example.com;tag=1': ['alice', 'example.com', '1'],
  '"unclosed <sip:alice@example.com>;tag=1': ['alice', 'example.com', '1'],
  '<sip:alice@example.com> ; tag = 1 ;x': ['alice', 'example.com', '1'],
  '<sip:alice@example.com>;x="no end;tag=1': ['alice', 'example.com', '1'],
  '<sip:alice@example.com>;x="\\";tag=no";tag=1': ['alice', 'example.com', '1'],
  '<sip:alice@example.com>;tagged=no;ta=no;tag=1': ['alice', 'example.com', '1'],
  '<sipx:alice@example.com>;tag=1': ['alice', 'example.com', '1'],
  '<>;tag=1': ['', '', '1'],
  'sip:': ['', '', ''],
  '<': ['', '', ''],
  '@': ['', '', ''],
  '': ['', '', ''],
}

for (const [value, [user, domain, tag]] of Object.entries(ADDRESSES)) {
  test(`parseSip reads the address ${value || '(none)'}`, () => {
    const message = parseSip(
      Buffer.from(`X sip:x SIP/2.0\r\nFrom: ${value}\r\ni: 1\r\nCSeq: 1 X\r\n\r\n`),
    )
    expect(message).toMatchObject({ fromUser: user, fromDomain: domain, fromTag: tag })
  })
}

test('parseSip cuts what no phone book holds', () => {
  const long = 'x'.repeat(1_000)
  const text = `X sip:x SIP/2.0\r\nf: <sip:${long}@${long}>;tag=${long}\r\nv: x;branch=${long}\r\ni: 1\r\nCSeq: 1 X\r\n\r\n`
  const message = parseSip(Buffer.from(text))
  const cut = 'x'.repeat(256)
  expect(message).toMatchObject({ fromUser: cut, fromDomain: cut, fromTag: cut, branch: cut })
})
