import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { CALL_ID_CHARS_MAX, cutCallId, parseSip, type SipMessage } from './index.ts'

const INVITE = [
  'INVITE sip:+4989123456@sbc.example.net:5060;user=phone SIP/2.0',
  'Via: SIP/2.0/UDP 10.1.2.3:5060;rport;branch=z9hG4bK-5242',
  'Via: SIP/2.0/UDP 192.168.1.20:5062;branch=z9hG4bK1234',
  'Max-Forwards: 70',
  'To: <sip:+4989123456@SBC.example.net>',
  'From: "Alice \\"<;tag=no>\\"" <sips:+4930987654@example.net>;tag=3f7a9d21',
  'Call-ID: 84e2a1c0@10.1.2.3',
  'CSeq: 1 INVITE',
  'User-Agent: Example Phone 4.2.1',
  'Content-Length: 5',
  '',
  'hello',
]

function parse(lines: readonly string[], lineEnd = '\r\n'): SipMessage {
  const message = parseSip(Buffer.from(lines.join(lineEnd), 'latin1'))
  if (message.kind === 'malformed') throw new Error(`malformed: ${message.reason}`)
  return message
}

function withHeader(name: string, value: string): SipMessage {
  return parse(INVITE.map((line) => (line.startsWith(`${name}:`) ? `${name}: ${value}` : line)))
}

test('parseSip reads every field of a request', () => {
  expect(parse(INVITE)).toEqual({
    kind: 'request',
    method: 'INVITE',
    ruriUser: '+4989123456',
    ruriDomain: 'sbc.example.net',
    callId: '84e2a1c0@10.1.2.3',
    cseq: 1,
    cseqMethod: 'INVITE',
    fromUser: '+4930987654',
    fromDomain: 'example.net',
    fromTag: '3f7a9d21',
    toUser: '+4989123456',
    toDomain: 'sbc.example.net',
    toTag: '',
    branch: 'z9hG4bK-5242',
    userAgent: 'Example Phone 4.2.1',
    bodyAt: INVITE.join('\r\n').length - 5,
    mayJoin: false,
    mayReport: false,
  })
})

test('parseSip reads every field of a response', () => {
  const lines = ['SIP/2.0 486 Busy Here', ...INVITE.slice(1, 8), 'Server: Example PBX', '', '']
  expect(parse(lines)).toMatchObject({
    kind: 'response',
    status: 486,
    reason: 'Busy Here',
    cseqMethod: 'INVITE',
    userAgent: 'Example PBX',
    bodyAt: lines.join('\r\n').length,
  })
})

test('parseSip takes LF-only lines and leading line breaks', () => {
  const { bodyAt, ...fields } = parse(INVITE)
  const lfOnly = parse(INVITE, '\n')
  expect(lfOnly).toMatchObject(fields)
  expect(lfOnly.bodyAt).toBe(INVITE.join('\n').length - 5)
  const late = parseSip(Buffer.from(`\r\n\r\n${INVITE.join('\r\n')}`))
  expect(late).toEqual({ ...fields, bodyAt: bodyAt + 4 } as SipMessage)
})

test('parseSip finds the end of an LF-only head although its body holds a blank CRLF line', () => {
  const text = `${INVITE.slice(0, -1).join('\n')}\nbody\r\n\r\nFrom: <sip:mallory@x>`
  expect(parseSip(Buffer.from(text))).toMatchObject({
    fromUser: '+4930987654',
    bodyAt: text.indexOf('body'),
  })
})

test('parseSip does not take a stray CR at the beginning of a line for the end of the head', () => {
  expect(parse([INVITE[0]!, '\rX: y', ...INVITE.slice(1)])).toMatchObject({
    cseq: 1,
    fromTag: '3f7a9d21',
  })
})

test('parseSip reads UTF-8 where it is valid and keeps any other bytes as Latin-1', () => {
  const utf8 = Buffer.from('Jürgen', 'utf8').toString('latin1')
  expect(withHeader('From', `<sip:${utf8}@example.net>`).fromUser).toBe('Jürgen')
  expect(withHeader('From', '<sip:J\xfcrgen@example.net>').fromUser).toBe('Jürgen')
  expect(withHeader('Call-ID', 'bin\xff\xfe@x').callId).toBe('bin\xff\xfe@x')
})

test('parseSip never leaves a NUL in a field', () => {
  expect(withHeader('Call-ID', 'a\0b').callId).toBe('a\ufffdb')
  expect(withHeader('From', '<sip:a\0b@x\0y>;tag=x\0y').fromTag).toBe('x\ufffdy')
  expect(withHeader('User-Agent', 'Ph\0one').userAgent).toBe('Ph\ufffdone')
  expect(withHeader('CSeq', '1 INV\0ITE').cseqMethod).toBe('INV\ufffdITE')
})

test('parseSip says what is missing and where that became clear', () => {
  const without = (name: string) => INVITE.filter((line) => !line.startsWith(name)).join('\r\n')
  const bad = (text: string) => parseSip(Buffer.from(text))
  expect(bad('')).toEqual({ kind: 'malformed', reason: 'too_short', offset: 0 })
  expect(bad('\r\n\r\n')).toEqual({ kind: 'malformed', reason: 'too_short', offset: 4 })
  expect(bad(`\r\n${'x'.repeat(40)}`)).toEqual({
    kind: 'malformed',
    reason: 'no_start_line',
    offset: 2,
  })
  expect(bad('GET / HTTP/1.1\r\nCall-ID: 1\r\n')).toMatchObject({ reason: 'no_start_line' })
  expect(bad(without('Call-ID'))).toMatchObject({ reason: 'no_call_id' })
  expect(bad(without('CSeq'))).toMatchObject({ reason: 'no_cseq' })
  expect(bad(without('CSeq').replace('Max-F', 'CSeq: INVITE\r\nMax-F'))).toMatchObject({
    reason: 'no_cseq',
  })
})

test('parseSip makes the best of a missing From, To, Via and CSeq method', () => {
  const message = parse(['BYE sip:x SIP/2.0', 'i: 1', 'CSeq: 2', '', ''])
  expect(message).toMatchObject({ fromUser: '', toTag: '', branch: '', cseqMethod: 'BYE', cseq: 2 })
})

test('parseSip cuts a long Call-ID to its limit and keeps different ones different', () => {
  const long = 'x'.repeat(2_000)
  const [one, two] = [
    withHeader('Call-ID', `${long}1`).callId,
    withHeader('Call-ID', `${long}2`).callId,
  ]
  expect(one).toHaveLength(CALL_ID_CHARS_MAX)
  expect(one).not.toBe(two)
  expect(one).toBe(cutCallId(`${long}1`))
  expect(cutCallId('short')).toBe('short')
})

test('parseSip is not misled by headers whose names begin like the ones it wants', () => {
  const extra = [
    'Callback: 1',
    'Call-Info: 2',
    'Fromage: 3',
    'Top: 4',
    'Viable: 5',
    'CSequence: 6 X',
  ]
  const misleading = parse([
    INVITE[0]!,
    ...extra,
    'User-Agents: 7',
    'Servers: 8',
    ...INVITE.slice(1),
  ])
  expect({ ...misleading, bodyAt: 0 }).toEqual({ ...parse(INVITE), bodyAt: 0 })
})

test('parseSip marks messages that name other calls, and only those', () => {
  const marked = (header: string) =>
    parse([...INVITE.slice(0, 4), header, ...INVITE.slice(4)]).mayJoin
  for (const header of [
    'X-CID: 1',
    'x-call-id:1',
    'Session-ID: 1',
    'P-Charging-Vector: i',
    'r: <sip:x>',
  ]) {
    expect(marked(header)).toBe(true)
  }
  for (const header of ['Refer-To: <sip:x>', 'Replaces: 1', 'REPLACES : 1'])
    expect(marked(header)).toBe(true)
  for (const header of ['Record-Route: <sip:x>', 'Require: x', 'Supported: x', 'X-Other: 1']) {
    expect(marked(header)).toBe(false)
  }
  expect(marked('Session-Expires: 1800')).toBe(false)
})

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))

test('parseSip never throws, whatever the bytes', () => {
  fc.assert(fc.property(bytes, (payload) => parseSip(payload).kind.length > 0))
})

test('parseSip never throws on a message cut anywhere or with any byte changed', () => {
  const payload = Buffer.from(INVITE.join('\r\n'))
  for (let length = 0; length <= payload.length; length += 1) parseSip(payload.subarray(0, length))
  const place = fc.nat(payload.length - 1)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      (changes) => {
        const changed = Buffer.from(payload)
        for (const [at, byte] of changes) changed[at] = byte
        const message = parseSip(changed)
        if (message.kind !== 'malformed') expect(message.bodyAt).toBeLessThanOrEqual(changed.length)
      },
    ),
  )
})

test('parseSip takes time in proportion to the length, whatever is repeated', () => {
  const pieces = [
    '"',
    '\\"',
    '<',
    ' ',
    '\t',
    ';',
    ',',
    ':',
    '[',
    '%',
    ';branch',
    '\r\n ',
    'a:b\r\n',
  ]
  for (const piece of pieces) {
    const filler = piece.repeat(60_000 / piece.length)
    const payloads = ['From', 'Via', 'Call-ID', 'CSeq'].map((name) =>
      Buffer.from(
        INVITE.map((line) => line.replace(`${name}: `, `${name}: ${filler}`)).join('\r\n'),
      ),
    )
    const attempts = [1, 2, 3].map(() => {
      const started = performance.now()
      for (const payload of payloads) parseSip(payload)
      return performance.now() - started
    })
    // A few milliseconds in truth; a quadratic step takes hundreds.
    expect(Math.min(...attempts), `60 kB of ${JSON.stringify(piece)}`).toBeLessThan(150)
  }
})
