// The same message written in every way the grammar allows gives the same fields.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseSip, readHeaders } from './index.ts'

const SHORT: Readonly<Record<string, string>> = { Via: 'v', From: 'f', To: 't', 'Call-ID': 'i' }

const token = fc.stringMatching(/^[a-zA-Z0-9.!%*_+`'~-]{1,20}$/)
const user = fc.stringMatching(/^[a-zA-Z0-9+_.-]{1,20}$/)
const host = fc.stringMatching(/^[a-z0-9]{1,10}\.example$/)
const displayName = fc.constantFrom('', 'Bob ', '"<sip:x@y>;tag=z" ', '"a \\" b" ', '"," ')

const fields = fc.record({
  callId: fc.stringMatching(/^[a-zA-Z0-9.@_-]{1,40}$/),
  cseq: fc.nat(0x7fff_ffff),
  branch: token,
  fromUser: user,
  fromDomain: host,
  fromTag: token,
  toUser: user,
  toDomain: host,
  toTag: token,
  display: displayName,
})
type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never

function headersOf(f: Fields): [string, string[]][] {
  // Pieces may be parted by blanks or folded; within a piece nothing may be inserted.
  return [
    ['Via', ['SIP/2.0/UDP 10.0.0.1', `;branch=${f.branch}`, ', SIP/2.0/TCP x', ';branch=other']],
    [
      'From',
      [`${f.display}<sip:${f.fromUser}@${f.fromDomain}>`, ';tag', '=', f.fromTag, ';x="a;tag=b"'],
    ],
    ['To', [`sip:${f.toUser}@${f.toDomain}`, ';tag', '=', f.toTag]],
    ['Call-ID', [f.callId]],
    ['CSeq', [String(f.cseq), ' ', 'INVITE']],
    ['User-Agent', ['Phone', ' 1.0']],
    ['Max-Forwards', ['70']],
  ]
}

const style = fc.record({
  order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
  letters: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  short: fc.boolean(),
  joint: fc.constantFrom('', ' ', '\t', '\r\n ', '\r\n\t  '),
  colon: fc.constantFrom(':', ' :', ': ', ' \t: \t', ':\r\n '),
  lineEnd: fc.constantFrom('\r\n', '\n'),
  lead: fc.constantFrom('', '\r\n', '\r\n\r\n\n'),
})
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never

function write(f: Fields, { order, letters, short, joint, colon, lineEnd, lead }: Style): string {
  const lines = order.map((i) => {
    const [name, pieces] = headersOf(f)[i]!
    const shown = short && SHORT[name] !== undefined ? SHORT[name] : name
    const mixed = [...shown].map((c, at) => (letters[at] ? c.toUpperCase() : c.toLowerCase()))
    return mixed.join('') + colon + pieces.join(joint)
  })
  const text = ['INVITE sip:bob@b.example SIP/2.0', ...lines, '', 'body'].join('\r\n')
  return lead + text.replaceAll('\r\n', lineEnd)
}

test('parseSip reads the same fields whatever the order, case, folding and compactness', () => {
  fc.assert(
    fc.property(fields, style, (wanted, how) => {
      const { display, ...same } = wanted
      const text = write(wanted, how)
      const message = parseSip(Buffer.from(text))
      expect(message).toMatchObject({ kind: 'request', cseqMethod: 'INVITE', ...same })
      expect(message).toHaveProperty('bodyAt', text.length - 4)
    }),
    { numRuns: 500 },
  )
})

test('readHeaders reads the same headers whatever the order, case, folding and compactness', () => {
  fc.assert(
    fc.property(fields, style, (wanted, how) => {
      const squeeze = (value: string) => value.replace(/\s+/g, '')
      const headers = readHeaders(Buffer.from(write(wanted, how)))
      const read = headers.map(({ name, value }) => [name.toLowerCase(), squeeze(value)])
      const sent = how.order.map((i) => headersOf(wanted)[i]!)
      expect(read).toEqual(
        sent.map(([name, pieces]) => [name.toLowerCase(), squeeze(pieces.join(''))]),
      )
    }),
  )
})
