// The torture messages of RFC 4475. A capture server judges less than a proxy does: what a proxy must
// refuse has still been on the wire, and people look for exactly those. So invalid messages are read as
// far as they go; `why` says what we expect of each.
import { expect, test } from 'bun:test'
import { parseSip, type SipMessage } from '../index.ts'
import { readTorture } from './read-torture.ts'

type Expected = Partial<
  Record<
    keyof SipMessage | 'method' | 'status' | 'reason' | 'ruriUser' | 'ruriDomain' | 'offset',
    unknown
  >
>
type Table = Readonly<Record<string, readonly [why: string, expected: Expected]>>

const request = (method: string, fields: Expected): Expected => ({
  kind: 'request',
  method,
  ...fields,
})
const response = (status: number, fields: Expected): Expected => ({
  kind: 'response',
  status,
  ...fields,
})

const VALID: Table = {
  wsinv: [
    'folding and blanks everywhere change nothing; the first Via counts',
    request('INVITE', {
      ruriUser: 'vivekg',
      ruriDomain: 'chair-dnrc.example.com',
      fromUser: 'jdrosen',
      fromTag: '98asjd8',
      toUser: 'vivekg',
      toTag: '1918181833n',
      callId: 'wsinv.ndaksdj@192.0.2.1',
      cseq: 9,
      cseqMethod: 'INVITE',
      branch: '390skdjuw',
    }),
  ],
  intmeth: [
    'every character a method, user or tag may have; user parameters and password are not the user',
    request("!interesting-Method0123456789_*+`.%indeed'~", {
      ruriUser: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/",
      ruriDomain: 'example.com',
      fromUser: 'mundane',
      fromTag: "_token~1'+`*%!-.",
      callId: 'intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
      branch: "z9hG4bK-.!%66*_+`'~",
    }),
  ],
  esc01: [
    'escapes in users are read',
    request('INVITE', {
      ruriUser: 'sips:user@example.com',
      ruriDomain: 'example.net',
      fromUser: 'I have spaces',
      toUser: 'user',
    }),
  ],
  escnull: ['an escaped NUL stays escaped', request('REGISTER', { toUser: 'null-%00-null' })],
  esc02: [
    '% in a method or header name is no escape',
    request('RE%47IST%45R', { fromUser: 'resource', cseqMethod: 'RE%47IST%45R' }),
  ],
  lwsdisp: ['no blank before <', request('OPTIONS', { fromUser: 'caller', fromTag: '323' })],
  longreq: [
    'long values are read whole where they fit',
    request('INVITE', {
      fromUser: `${'amazinglylong'.repeat(5)}callername`,
      fromTag: `12${'982'.repeat(50)}424`,
      callId: `longreq.one${'really'.repeat(20)}longcallid`,
      toUser: 'user',
      branch: '', // the first of its Vias has none
    }),
  ],
  dblreq: [
    'what follows the body in the datagram is not looked at',
    request('REGISTER', { callId: 'dblreq.0ha0isndaksdj99sdfafnl3lk233412', fromUser: 'j.user' }),
  ],
  semiuri: [
    'the user ends at its parameters, the host begins after the last part of them',
    request('OPTIONS', { ruriUser: 'user', ruriDomain: 'example.com' }),
  ],
  transports: ['unknown transports', request('OPTIONS', { branch: 'z9hG4bKkdjuw' })],
  mpart01: [
    'a binary multipart body',
    request('MESSAGE', { userAgent: 'SIPimp.org/0.2.5 (curses)' }),
  ],
  unreason: [
    'a reason phrase in UTF-8',
    response(200, {
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
      cseqMethod: 'INVITE',
    }),
  ],
  noreason: ['an empty reason phrase', response(100, { reason: '', cseq: 35 })],
}

const INVALID: Table = {
  badinv01: [
    'stray separators cost nothing we need',
    request('INVITE', { fromUser: 'caller', branch: '' }),
  ],
  clerr: [
    'Content-Length beyond the datagram is not believed',
    request('INVITE', { fromTag: '93942939o2' }),
  ],
  ncl: ['nor is a negative one', request('INVITE', { fromTag: '32394234', cseq: 0 })],
  scalar02: ['a CSeq beyond 32 bits is clamped', request('REGISTER', { cseq: 0xffff_ffff })],
  scalarlg: ['in a response too', response(503, { cseq: 0xffff_ffff, cseqMethod: 'OPTIONS' })],
  quotbal: [
    'a quote that never closes is a character; the URI behind it is plain enough',
    request('INVITE', { toUser: 'j.user', toDomain: 'example.com' }),
  ],
  ltgtruri: [
    'a Request-URI in <>',
    request('INVITE', { ruriUser: 'user', ruriDomain: 'example.com' }),
  ],
  lwsruri: [
    'a blank in the Request-URI',
    request('INVITE', { ruriUser: 'user', ruriDomain: 'example.com' }),
  ],
  lwsstart: ['doubled blanks in the start line', request('INVITE', { ruriUser: 'user' })],
  trws: ['trailing blanks in the start line', request('OPTIONS', { ruriUser: 'remote-target' })],
  escruri: [
    'headers in the Request-URI',
    request('INVITE', { ruriUser: 'user', ruriDomain: 'example.com' }),
  ],
  baddate: ['a Date not in GMT', request('INVITE', { fromTag: '2234923' })],
  regbadct: ['a Contact without <>', request('REGISTER', { fromTag: '998332' })],
  badaspec: [
    'blanks inside <>',
    request('OPTIONS', { toUser: 't.watson', toDomain: 'example.org' }),
  ],
  baddn: [
    'an unquoted comma in a display name',
    request('OPTIONS', { fromUser: 'a.g.bell', fromTag: '43', toUser: 't.watson' }),
  ],
  badvers: ['a version to come', request('OPTIONS', { fromUser: 'a.g.bell' })],
  mismatch01: ['the CSeq method is kept as sent', request('OPTIONS', { cseqMethod: 'INVITE' })],
  mismatch02: ['for unknown methods too', request('NEWMETHOD', { cseqMethod: 'INVITE' })],
  bigcode: [
    'no three digits, no response',
    { kind: 'malformed', reason: 'no_start_line', offset: 0 },
  ],
}

const SEMANTICS: Table = {
  badbranch: ['the magic cookie alone', request('OPTIONS', { branch: 'z9hG4bK' })],
  insuf: ['without Call-ID it belongs to no call', { kind: 'malformed', reason: 'no_call_id' }],
  unkscm: [
    'an unknown scheme: what follows it stands for the user',
    request('OPTIONS', { ruriUser: 'totallyopaquecontent', ruriDomain: '' }),
  ],
  novelsc: ['a URL', request('OPTIONS', { ruriUser: '', ruriDomain: '192.0.2.103' })],
  unksm2: [
    'odd schemes in From and To',
    request('REGISTER', {
      toUser: '2983792873',
      fromDomain: 'www.example.com',
      fromTag: '3234233',
    }),
  ],
  bext01: ['unknown extensions', request('OPTIONS', { toUser: 'j_user' })],
  invut: ['an unknown body', request('INVITE', { fromTag: '8392034' })],
  regaut01: ['an unknown authorization scheme', request('REGISTER', { cseq: 9338 })],
  multi01: [
    'of headers that must stand once the first counts',
    request('INVITE', {
      callId: 'multi01.98asdh@192.0.2.1',
      cseq: 5,
      fromTag: '3413415',
      toUser: 'user',
      toDomain: 'example.com',
    }),
  ],
  mcl01: ['two Content-Lengths', request('OPTIONS', { cseq: 15932 })],
  bcast: ['a broadcast address in the second Via', response(200, { branch: 'z9hG4bK1324923' })],
  zeromf: ['Max-Forwards 0', request('OPTIONS', { cseq: 39234321 })],
  cparam01: ['parameters of a Contact', request('REGISTER', { fromTag: 'DkfVgjkrtMwaerKKpe' })],
  cparam02: ['parameters of its URI', request('REGISTER', { fromTag: '838293' })],
  regescrt: ['an escaped Route in a Contact', request('REGISTER', { fromTag: '8' })],
  sdp01: ['an offer nobody can answer', request('INVITE', { toUser: 'j_user' })],
  inv2543: [
    'RFC 2543: no tags, no magic cookie, parameters behind a bare URI',
    request('INVITE', {
      fromUser: '+13035551111',
      fromTag: '',
      toUser: '+16505552222',
      toDomain: 'ss1.example.net',
      branch: '',
    }),
  ],
}

for (const [file, table] of [
  ['rfc4475-valid.txt', VALID],
  ['rfc4475-invalid.txt', INVALID],
  ['rfc4475-semantics.txt', SEMANTICS],
] as const) {
  const messages = readTorture(file)
  test(`parseSip is tried with every message of ${file}`, () => {
    expect([...messages.keys()].sort()).toEqual(Object.keys(table).sort())
  })
  for (const [name, [why, expected]] of Object.entries(table)) {
    test(`parseSip reads ${name}: ${why}`, () => {
      expect(parseSip(messages.get(name)!)).toMatchObject(expected)
    })
  }
}
