import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ByteWriter } from '../write/byte-writer.ts'
import { SipDataHeader } from './sip-data-header.ts'
import { sip } from './test-homer7.ts'

const ALL = [
  ...['ruri_user', 'ruri_domain', 'from_user', 'from_domain', 'from_tag', 'to_user', 'to_domain'],
  ...['to_tag', 'callid', 'callid_aleg', 'cseq', 'method', 'user_agent', 'server', 'via'],
  ...['contact_user', 'contact_domain', 'pid_user', 'auth_user', 'content_type', 'reason'],
  ...['diversion', 'expires', 'nobody_knows'],
]

function headerOf(
  message: string | Buffer,
  { fields = ALL, custom = [] as readonly string[], alegId = '', said = undefined as never } = {},
): Record<string, unknown> {
  const header = new SipDataHeader(fields, custom)
  const bytes = Buffer.from(message)
  header.spans.find(bytes, 0, bytes.length)
  const out = new ByteWriter()
  header.write(out, alegId, said)
  return JSON.parse(out.view().toString())
}

const request = (...lines: string[]) =>
  sip(['INVITE sip:bob@b.example SIP/2.0', 'Call-ID: c', 'CSeq: 1 INVITE', ...lines])

test('SipDataHeader finds every field heplify-server knows, each a string', () => {
  const message = sip([
    'REGISTER sips:reg.example:5061;transport=tls SIP/2.0',
    'Via: SIP/2.0/TLS first;branch=1',
    'Via: SIP/2.0/TLS last;branch=2',
    'From: "B, <b>" <sip:a;x=1@F.example;lr>;tag=f1;x=y',
    'To: sip:b@t.example;tag=t1',
    'Call-ID: id@host',
    'CSeq: 7   REGISTER',
    'm: <sip:c@[2001:db8::1]:5062>;expires=60',
    'User-agent: UA/1',
    'Server: S/1',
    'P-Asserted-Identity: <tel:+4711;x=y>',
    'P-Asserted-Identity: <sip:second@p>',
    'Authorization: Digest realm="r", username="auth er", nonce="n"',
    'Content-Type: application/sdp',
    'Reason: Q.850;cause=16;text="N"',
    'Diversion: <sip:d@e>;reason=no-answer',
    'Expires: 3600',
  ])
  expect(headerOf(message, { alegId: 'other' })).toEqual({
    ...{ ruri_user: '', ruri_domain: 'reg.example', from_user: 'a', from_domain: 'F.example' },
    ...{ from_tag: 'f1', to_user: 'b', to_domain: 't.example', to_tag: 't1', callid: 'id@host' },
    ...{ callid_aleg: 'other', cseq: '7   REGISTER', method: 'REGISTER', user_agent: 'UA/1' },
    ...{ server: 'S/1', via: 'SIP/2.0/TLS last;branch=2', contact_user: 'c' },
    ...{ contact_domain: '2001:db8::1', pid_user: '+4711', auth_user: 'auth er' },
    ...{ content_type: 'application/sdp', reason: 'Q.850;cause=16;text="N"' },
    ...{ diversion: '<sip:d@e>;reason=no-answer', expires: '3600', nobody_knows: '' },
  })
})

test.each([
  ['sip:bob:secret@host', 'bob', 'host'],
  ['sip:host.example:5060', '', 'host.example'],
  ['10.0.0.1:5060', '', '10.0.0.1'],
  ['bob@host', 'bob', 'host'],
  ['tel:+49-89;phone-context=x', '+49-89', ''],
  ['tel:555@my.example', '555', 'my.example'],
  ['urn:service:sos', 'service:sos', ''],
  ['SIP:bob@host?header=x', 'bob', 'host'],
  ['sip:bob@[2001:db8::1]', 'bob', '2001:db8::1'],
  ['sip:@', '', ''],
])('SipDataHeader takes %s apart into %p and %p', (uri, user, domain) => {
  const header = headerOf(sip([`OPTIONS ${uri} SIP/2.0`, `From: <${uri}>`]))
  expect([header.ruri_user, header.ruri_domain]).toEqual([user, domain])
  expect([header.from_user, header.from_domain]).toEqual([user, domain])
})

test('SipDataHeader has no user and no domain of a Request-URI in an answer', () => {
  const header = headerOf(sip(['SIP/2.0 486 Busy Here', 'Call-ID: c', 'CSeq: 1 INVITE']))
  expect(header).toMatchObject({ method: '486', ruri_user: '', ruri_domain: '', callid: 'c' })
})

test('SipDataHeader reads folded values whole, and lines that end in LF alone', () => {
  const header = headerOf(request('Reason: SIP ;cause=200\r\n ;text="a\r\n\tb"', 'User-Agent: x'))
  expect(header.reason).toBe('SIP ;cause=200 ;text="a b"')
  expect(headerOf(request('User-Agent: y').replaceAll('\r\n', '\n')).user_agent).toBe('y')
})

test('SipDataHeader adds custom headers that are there, by the names as configured', () => {
  const custom = ['X-Account', 'x-absent', 'Reason']
  const header = headerOf(request('x-account: 47"11', 'Reason: SIP'), {
    fields: ['method'],
    custom,
  })
  expect(header).toEqual({ method: 'INVITE', 'X-Account': '47"11', Reason: 'SIP' })
})

test('SipDataHeader says what a script said instead of what stands in the message', () => {
  const said = { fields: { from_user: 'sc"ript' }, headers: { 'X-Own': 'v' }, lokiLabels: {} }
  const options = { fields: ['from_user', 'method'], custom: ['X-Own'], said: said as never }
  const header = headerOf(request('From: <sip:a@b>', 'X-Own: message'), options)
  expect(header).toEqual({ from_user: 'sc"ript', method: 'INVITE', 'X-Own': 'v' })
})

test('SipDataHeader cuts what an index holds so that PostgreSQL takes it, and nothing else', () => {
  const long = 'ä'.repeat(4000)
  const header = headerOf(request(`From: <sip:${long}@b>`, `User-Agent: ${long}`))
  expect(Buffer.byteLength(String(header.from_user))).toBe(2048)
  expect(header.user_agent).toBe(long)
})

test('SipDataHeader writes JSON with all its fields, whatever the message is', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      'From: "',
      'To: <',
      'i:',
      'CSeq: ',
      'm: *',
      'Authorization: username="',
      ' ;tag=',
    ),
    fc.string({ maxLength: 30 }).map((value) => `From: <sip:${value}>;tag=${value}`),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, isSip) => {
      const start = isSip ? 'INVITE sip:b@c SIP/2.0\r\n' : ''
      const message = Buffer.from(`${start}${lines.join('\r\n')}`.replaceAll('\0', ''))
      expect(Object.keys(headerOf(message)).sort()).toEqual([...ALL].sort())
    }),
    { numRuns: 80 },
  )
})
