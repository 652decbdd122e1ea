// Whatever the message, who may not see digits does not, and what is no number stays.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseSip } from '#sip'
import { fixtureMessages } from '../../../test/fixture-messages.ts'
import { hideUser } from './hide-digits.ts'
import { type Mask, maskMessage } from './mask-message.ts'
import { cipher, HIDE_ALL, KEEP, maskBy } from './test-masking.ts'

/** A message with the number in one of the places numbers stand in. */
const PLACES: readonly ((n: string) => string)[] = [
  (n) => `INVITE sip:${n}@10.0.0.1;user=phone SIP/2.0\r\n\r\n`,
  (n) => `INVITE tel:${n};phone-context=+49 SIP/2.0\r\n\r\n`,
  (n) => `SIP/2.0 302 Moved to ${n}\r\n\r\n`,
  ...[
    ...['From', 'f', 'To', 't', 'Contact', 'm', 'P-Asserted-Identity', 'P-Preferred-Identity'],
    ...['Remote-Party-ID', 'Diversion', 'History-Info', 'Referred-By', 'Refer-To', 'Route'],
    ...['Record-Route', 'P-Called-Party-ID', 'X-Nobody-Knows', 'FROM ', 'Reply-To'],
  ].map((name) => (n: string) => `OK\r\n${name}: "x" <sip:${n}@host>;tag=1\r\n\r\n`),
  (n) => `OK\r\nFrom: "Bob ${n}" <sip:bob@host>\r\n\r\n`,
  (n) => `OK\r\nFrom: Bob ${n} <sip:bob@host>\r\n\r\n`,
  (n) => `OK\r\nFrom: "Bob" <sip:bob@host>;tag=a${n}b\r\n\r\n`,
  (n) => `OK\r\nContact: <sip:bob:${n}@host>,<tel:${n}>\r\n\r\n`,
  (n) => `OK\r\nCall-ID: ${n}@host\r\ni: x${n}\r\n\r\n`,
  (n) => `OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK${n}\r\n\r\n`,
  (n) => `OK\r\nAuthorization: Digest username="${n}", nonce="${n}"\r\n\r\n`,
  (n) => `OK\r\nX-Folded: a,\r\n ${n},\r\n\t${n}\r\n\r\n`,
  (n) => `OK\r\nSubject: ${n}\nX: ${n}\n\n${n}`,
  (n) => `OK\r\nContent-Type: text/plain\r\n\r\ncall me: ${n}`,
  (n) =>
    `OK\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=${n} ${n} 1 IN IP4 1.2.3.4\r\ns=${n}\r\np=${n}\r\na=x:${n}\r\n`,
  (n) => `OK\r\nContent-Type: application/isup\r\n\r\n\x01\x10${n}`,
  (n) => `OK\r\nContent-Type: application/pidf+xml\r\n\r\n<a>sip:${n}@h</a>`,
  (n) =>
    `OK\r\nContent-Type: multipart/mixed;boundary=ABC\r\n\r\n--ABC\r\nContent-Type: application/sdp\r\n\r\ns=${n}\r\n--ABC\r\nContent-Type: application/isup\r\n\r\n${n}\r\n--ABC--\r\n`,
  (n) => `OK\r\nContent-Type: message/sipfrag\r\n\r\nSIP/2.0 200 OK\r\nTo: <sip:${n}@h>`,
  (n) => `\r\n\r\n${n}`,
  (n) => `${n}`,
  (n) => `no sip at all <${n}> ${n}\x00`,
]

describe('maskMessage', () => {
  const number = fc.stringMatching(/^[0-9]{8,15}$/)
  const plus = fc.constantFrom('', '+', '00')

  test('never shows the hidden digits of a number, wherever it stands, and moves nothing', () =>
    fc.assert(
      fc.property(number, plus, fc.constantFrom(...PLACES), (digits, prefix, place) => {
        const text = place(prefix + digits)
        const masked = maskMessage(text, 1, maskBy(HIDE_ALL))
        expect(masked.length).toBe(text.length)
        // Six digits in a row of it may turn up by chance once in a million runs that are replaced.
        expect(masked).not.toContain(digits.slice(0, 8))
        expect(masked).not.toContain(digits.slice(-8))
      }),
      { numRuns: 3000 },
    ))

  test('never shows them when first and last ones are kept', () =>
    fc.assert(
      fc.property(number, fc.constantFrom(...PLACES), (digits, place) => {
        const masked = maskMessage(place(digits), 1, maskBy(KEEP))
        expect(masked).not.toContain(digits.slice(1, 8))
      }),
      { numRuns: 2000 },
    ))

  test('hides every digit of a user, however short, and however it is spaced or escaped', () => {
    const mask = maskBy(HIDE_ALL)
    for (const user of [
      '1001',
      '+49-89-12',
      '(089)12',
      '%34%39',
      'alice2',
      '1;phone-context=+49',
    ]) {
      const masked = maskMessage(`OK\r\nTo: <sip:${user}@host>\r\n\r\n`, 1, mask)
      expect(masked.replaceAll('%78', '')).not.toMatch(/\d/)
    }
    expect(maskMessage('OK\r\nTo: "089 / 12 34" <sip:a@b>\r\n\r\n', 1, mask)).toContain(
      'xxx / xx xx',
    )
  })

  test('leaves alone what is no number: addresses, ports, sequence, lengths', () => {
    const text =
      'OPTIONS sip:10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.100.200:5060;rport\r\n' +
      'CSeq: 1234567890 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\nExpires: 3600\r\n\r\n'
    expect(maskMessage(text, 1, maskBy(HIDE_ALL))).toBe(text)
    expect(maskMessage(text, 1, maskBy({ ...HIDE_ALL, numbers: null }))).toBe(text)
  })

  test('blanks bodies but for SDP, all bodies, and the headers of the policy', () => {
    const sdp = 'OK\r\nc: application/sdp\r\n\r\nv=0\r\ns=-\r\n'
    const im = 'OK\r\nContent-Type: text/plain\r\nSubject: hi\r\n there\r\n\r\nhello you'
    const keep = maskBy({ ...HIDE_ALL, bodies: 'keep-sdp', headers: ['subject'] })
    expect(maskMessage(sdp, 1, keep)).toBe(sdp)
    expect(maskMessage(im, 1, keep)).toBe(
      'OK\r\nContent-Type: text/plain\r\nSubject: xx\r\n xxxxx\r\n\r\nxxxxxxxxx',
    )
    expect(maskMessage(sdp, 1, maskBy({ ...HIDE_ALL, bodies: 'blank' }))).toEndWith(
      '\r\n\r\nxxx\r\nxxx\r\n',
    )
  })

  test('hides known numbers in log lines however they are spelled, and knows Call-IDs there', () => {
    const callId = '4989123456-77@host'
    const mask: Mask = { ...maskBy(HIDE_ALL), known: new Set(['123456']), callIds: [callId] }
    const line = `2026-11-20 08:00:00 10.0.0.1 call ${callId} from 089 12 34 56 code 486`
    const masked = maskMessage(line, 100, mask)
    expect(masked).toContain('2026-11-20 08:00:00 10.0.0.1')
    expect(masked).toContain(cipher.hide(callId))
    expect(masked).toEndWith('from xxx xx xx xx code 486')
  })

  test('reports in JSON stay numbers, but for those that are known', () => {
    const mask: Mask = { ...maskBy(HIDE_ALL), known: new Set(['123456']) }
    const masked = maskMessage('{"ssrc":3735928559,"n":4989123456,"to":"+4989123456"}', 35, mask)
    expect(JSON.parse(masked)).toEqual({ ssrc: 3_735_928_559, n: 1_111_111_111, to: '+xxxxxxxxxx' })
  })

  test('takes no long over hostile messages', () => {
    const mask = maskBy(HIDE_ALL)
    const startedMs = performance.now()
    for (const unit of ['sip:', 'a', '"', '1 ', '1.', 'tel:', '<', ';tag=', '1'])
      maskMessage(`OK\r\nFrom: ${unit.repeat(60_000 / unit.length)}\r\n\r\n`, 1, mask)
    expect(performance.now() - startedMs).toBeLessThan(3000)
  })

  test('every message of the fixture keeps its length and still parses as the same call', () => {
    const mask = maskBy(HIDE_ALL)
    for (const { payload, protocolType, sip } of fixtureMessages()) {
      const masked = maskMessage(payload.toString('latin1'), protocolType, mask)
      expect(masked.length).toBe(payload.length)
      if (!sip) continue
      const parsed = parseSip(Buffer.from(masked, 'latin1'))
      expect(parsed).toMatchObject({
        ...{ callId: cipher.hide(sip.callId), fromUser: hideUser(sip.fromUser, HIDE_ALL.numbers!) },
        ...{ cseq: sip.cseq, cseqMethod: sip.cseqMethod, kind: sip.kind, bodyAt: sip.bodyAt },
      })
    }
  })
})
