// SIP messages that show how heplify-server makes a row of the homer7 tables: one a rule, written for
// this project. The last part are messages with which it goes wrong; each of these names its fault.
import type { Vector } from './vectors.ts'

const eol = '\r\n'

interface Message {
  readonly start?: string
  /** Replaces a header of the plain request, or adds one; `undefined` leaves it out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly more?: readonly string[]
  readonly body?: string
}

/** A request as plain as can be, with what a vector is about put into it. */
export function sipText(name: string, { start, headers = {}, more = [], body = '' }: Message = {}) {
  const method = (start ?? 'INVITE').split(' ')[0]!
  const plain: Record<string, string | undefined> = {
    Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-proof',
    From: '"Ann" <sip:+4989100@a.example.test>;tag=from-1',
    To: '<sip:+4989200@b.example.test>',
    'Call-ID': `${name}@proof.test`,
    CSeq: `1 ${method === 'SIP/2.0' ? 'INVITE' : method}`,
    'User-Agent': 'Proof 1.0',
    ...headers,
  }
  const lines = Object.entries(plain).flatMap(([header, value]) =>
    value === undefined ? [] : [`${header}: ${value}`],
  )
  return [
    start ?? 'INVITE sip:+4989200@b.example.test SIP/2.0',
    ...lines,
    ...more,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join(eol)
}

const one = (name: string, message?: Message, rest: Omit<Vector, 'name' | 'payload'> = {}) => ({
  name,
  payload: Buffer.from(sipText(name, message)),
  ...rest,
})
const lf = (name: string, text: string): Vector => ({ name, payload: Buffer.from(text) })

/** Text that PostgreSQL cannot compress. */
function noise(length: number): string {
  let text = ''
  for (let block = 0; text.length < length; block++)
    text += new Bun.CryptoHasher('sha512').update(`${block}`).digest('base64url')
  return text.slice(0, length)
}

const METHODS = [
  ...['ACK', 'BYE', 'CANCEL', 'UPDATE', 'PRACK', 'REFER', 'INFO', 'NOTIFY', 'REGISTER'],
  ...['OPTIONS', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH', 'BREW'],
]

const RULES: readonly Vector[] = [
  one('invite'),
  ...METHODS.map((method) =>
    one(`method-${method.toLowerCase()}`, { start: `${method} sip:b@b.example.test SIP/2.0` }),
  ),
  one('answer', { start: 'SIP/2.0 200 OK', headers: { To: '<sip:b@b.test>;tag=to-1' } }),
  one('answer-without-words', { start: 'SIP/2.0 486' }),
  one('answer-of-register', { start: 'SIP/2.0 401 Who', headers: { CSeq: '7 REGISTER' } }),
  one('body', {
    headers: { 'Content-Type': 'application/sdp' },
    body: 'v=0\r\no=- 1 1 IN IP4 x\r\n',
  }),
  lf(
    'compact',
    [
      'INVITE sip:b@b.test SIP/2.0',
      'v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKc',
      'f: <sip:a@a.test>;tag=1',
      't: <sip:b@b.test>;tag=2',
      'i: compact@proof.test',
      'CSeq: 1 INVITE',
      'm: <sip:a@192.0.2.1:5070>',
      'c: application/sdp',
      'l: 0',
      eol,
    ].join(eol),
  ),
  lf(
    'lines-end-with-lf',
    `${sipText('lines-end-with-lf').replaceAll(eol, '\n').trimEnd()}${eol}${eol}`,
  ),
  lf('crlf-before', `${eol}${eol}${sipText('crlf-before')}`),
  one('sips', { start: 'INVITE sips:b@b.test SIP/2.0', headers: { To: '<sips:b@b.test>' } }),
  one('port-in-uri', {
    start: 'INVITE sip:b@b.test:5080;transport=tcp SIP/2.0',
    headers: { From: '<sip:a@192.0.2.7:5062;user=phone>;tag=x' },
  }),
  one('user-parameters', { headers: { From: '<sip:+49;npdi;rn=1@a.test;user=phone>;tag=x' } }),
  one('no-user', { start: 'OPTIONS sip:192.0.2.9:5060 SIP/2.0', headers: { To: '<sip:b.test>' } }),
  one('no-brackets', { headers: { From: 'sip:a@a.test;tag=bare', To: 'sip:b@b.test' } }),
  one('names', {
    headers: { From: '"Ann, \\"A\\"" <sip:a@a.test>;tag=x', To: 'Bob B <sip:b@b.test>' },
  }),
  one('utf-8', { headers: { 'User-Agent': 'Töne 漢字 🎵', From: '"Zoë" <sip:zoë@a.test>;tag=x' } }),
  one('json-in-headers', { headers: { 'User-Agent': 'a "b" \\ c\td\u0001e\u007f</script>' } }),
  one('blanks-around', { headers: { 'User-Agent': '  \t spaced \t ', 'Call-ID': '  blanks@x  ' } }),
  one('empty-agent', { headers: { 'User-Agent': '' } }),
  one('no-agent', { headers: { 'User-Agent': undefined } }),
  one('more-headers', {
    headers: {
      'P-Asserted-Identity': '"A" <sip:+49891@a.test>',
      Contact: '<sip:ann@192.0.2.1:5062;transport=udp>;expires=60',
      Authorization: 'Digest username="ann", realm="a.test", nonce="1", uri="sip:a", response="2"',
      'Content-Type': 'text/plain',
      Server: 'Proof server',
      Reason: 'Q.850;cause=16;text="Normal"',
      Diversion: '<sip:d@a.test>;reason=unconditional',
      Expires: '3600',
      'X-CID': 'leg-a@proof.test',
      'X-Custom': 'one "two"',
    },
  }),
  one('twice', {
    more: [
      'Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK-second',
      'Reason: SIP;cause=200',
      'Reason: Q.850;cause=31',
      'P-Asserted-Identity: <sip:first@a.test>',
      'P-Asserted-Identity: <sip:second@a.test>',
      'X-CID: first@proof.test',
      'X-CID: second@proof.test',
    ],
  }),
  one('long', { headers: { 'X-Long': 'x'.repeat(30_000) } }),
  one('message-with-body', {
    start: 'MESSAGE sip:b@b.test SIP/2.0',
    headers: { 'Content-Type': 'text/plain;charset=utf-8' },
    body: 'Grüße, and 漢字\r\n',
  }),
  one('leg-with-expression', { headers: { 'X-Leg': 'call=77@other.test;x=1' } }),
  one('long-agent', { headers: { 'User-Agent': noise(3000) } }),
  one('call-id-of-any-kind', { headers: { 'Call-ID': `{"a":'b'}\\%_ü` } }),
]

/** What heplify-server gets wrong in SIP. */
const FAULTS: readonly Vector[] = [
  one(
    'host-ipv6',
    {
      start: 'INVITE sip:b@[2001:db8::2]:5080;transport=udp SIP/2.0',
      headers: { From: '<sip:a@[2001:db8::1]:5060>;tag=x' },
    },
    { fault: 'address in brackets cut' },
  ),
  one(
    'tel',
    {
      start: 'INVITE tel:+4989200;phone-context=example.test SIP/2.0',
      headers: { From: '<tel:+4989100>;tag=t' },
    },
    { fault: 'host of a tel URI' },
  ),
  one(
    'password-in-uri',
    { headers: { From: '<sip:ann:secret@a.test>;tag=x' } },
    { fault: 'password of a URI kept' },
  ),
  one(
    'bracket-in-name',
    { headers: { From: '"a <b> c" <sip:a@a.test>;tag=x' } },
    { fault: 'bracket in a name taken for the URI' },
  ),
  one(
    'folded',
    { headers: { From: `<sip:a@a.test>${eol} ;tag=folded`, 'User-Agent': `Two${eol}\tlines` } },
    { fault: 'folded lines dropped' },
  ),
  one(
    'odd-case',
    { headers: { From: undefined, fRoM: '<sip:a@a.test>;tag=odd', 'USER-agent': 'odd' } },
    { fault: 'spelling of header names' },
  ),
  one(
    'contact-bare',
    { headers: { Contact: 'sip:ann@192.0.2.1' } },
    { fault: 'Contact without brackets' },
  ),
  one('contact-star', { headers: { Contact: '*' } }, { fault: 'Contact without brackets' }),
  one(
    'two-letters',
    { headers: { OS: '<sip:other@o.test>' } },
    { fault: 'two-letter headers are To' },
  ),
  one(
    'call-id-too-long',
    { headers: { 'Call-ID': noise(4000) } },
    { fault: 'value too long for an index' },
  ),
  one(
    'call-id-odd',
    { headers: { 'Call-ID': undefined, 'cAll-iD': 'odd' } },
    { fault: 'SIP refused' },
  ),
  one('no-cseq', { headers: { CSeq: undefined } }, { fault: 'SIP refused' }),
  one('no-call-id', { headers: { 'Call-ID': undefined } }, { fault: 'SIP refused' }),
  { ...lf('only-lf', sipText('only-lf').replaceAll(eol, '\n')), fault: 'SIP refused' },
  { ...lf('not-sip', 'this is no SIP message at all, and longer than 32'), fault: 'SIP refused' },
  { ...lf('keep-alive', `${eol}${eol}`), fault: 'up to 32 bytes' },
]

export const SIP_VECTORS: readonly Vector[] = [...RULES, ...FAULTS]
