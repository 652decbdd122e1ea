// Whatever the message, who may not see digits does not: in rows, calls, texts, packets and streams.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { CallMessage } from '#contract'
import { parseSip, type TracedMessage } from '#sip'
import { fixtureMessages, MemoryStore } from '../../test/memory-store.ts'
import { DigitCipher } from './digit-cipher.ts'
import type { ApiError } from './errors.ts'
import { hideDigits, hideUser } from './hide-digits.ts'
import { LOCAL } from './identity.ts'
import { type Mask, maskMessage } from './mask-message.ts'
import { maskQuery } from './mask-query.ts'
import { storeFor } from './masked-store.ts'
import type { Masking } from './masking.ts'
import { exportPcap } from './pcap.ts'

const cipher = new DigitCipher(new Uint8Array(32).fill(7))
const HIDE_ALL: Masking = {
  ...{ numbers: { keepFirst: 0, keepLast: 0 }, bodies: 'show', headers: [] },
}
const KEEP: Masking = { ...HIDE_ALL, numbers: { keepFirst: 4, keepLast: 2 } }
const maskBy = (policy: Masking): Mask => ({ policy, cipher, known: new Set(), callIds: [] })
const never = new AbortController().signal

describe('DigitCipher', () => {
  const digits = fc.stringMatching(/^[0-9]{6,90}$/)

  test('show gives back what hide was given, of any length', () =>
    fc.assert(
      fc.property(fc.array(fc.oneof(digits, fc.string())), (parts) => {
        const text = parts.join('-')
        const hidden = cipher.hide(text)
        expect(hidden.length).toBe(text.length)
        expect(cipher.show(hidden)).toBe(text)
      }),
    ))

  test('no two runs of one length become the same, and another key makes others of them', () => {
    const runs = Array.from({ length: 2000 }, (_, i) => String(123_456 + i * 7))
    expect(new Set(runs.map((run) => cipher.hide(run))).size).toBe(runs.length)
    const other = new DigitCipher(new Uint8Array(32).fill(8))
    expect(other.hide('498912345678')).not.toBe(cipher.hide('498912345678'))
    expect(cipher.hide('a84b4c76e66710')).toBe('a84b4c76e66710')
  })
})

describe('hideDigits', () => {
  test.each([
    ['+4989123456', '+4989xxxx56'],
    ['1234', 'xx34'],
    ['12', 'x2'],
    ['7', 'x'],
    ['+49 (89) 123-456', '+49 (89) xxx-x56'],
    ['%349891234', '%34989x%78x%78x34'],
    ['alice', 'alice'],
  ])('%s becomes %s', (text, masked) => {
    const hidden = hideDigits(text, { keepFirst: 4, keepLast: 2 })
    if (!text.includes('%')) expect(hidden).toBe(masked)
    expect(hidden.length).toBe(text.length)
  })

  test('hides at least two fifths of a number, whatever is to be kept', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9]{1,20}$/), fc.nat(15), fc.nat(15), (text, a, b) => {
        const hidden = hideDigits(text, { keepFirst: a, keepLast: b })
        const count = text.replace('+', '').length
        expect(hidden.match(/x/g)!.length).toBeGreaterThanOrEqual(Math.ceil(count * 0.4))
      }),
    ))
})

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

/** A call between two numbers, with its Call-ID made of one of them. */
function numbered(): { store: MemoryStore; caller: string; callId: string } {
  const caller = '4989555123456'
  const callId = `${caller}@pbx`
  const text =
    `INVITE sip:4930777888999@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n` +
    `From: "${caller}" <sip:${caller}@pbx>;tag=1\r\nTo: <sip:4930777888999@pbx>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n`
  const payload = Buffer.from(text)
  const sip = parseSip(payload)
  if (sip.kind === 'malformed') throw new Error('the test message does not parse')
  const message: TracedMessage = { ...fixtureMessages()[0]!, payload, sip, correlationId: caller }
  const log = { ...message, protocolType: 100, sip: undefined, correlationId: callId }
  const line = Buffer.from(`call ${callId} from +${caller} to 4930777888999`)
  return { store: new MemoryStore([message, { ...log, payload: line }]), caller, callId }
}

describe('storeFor', () => {
  const who = (masking: Masking | undefined) => ({ ...LOCAL, masking })

  test('shows nothing of a number in rows, call, packets, stream, and all of them agree', async () => {
    const { store, caller, callId } = numbered()
    const masked = storeFor(store, who(KEEP))
    const search = { q: '', fromUs: undefined, toUs: undefined, limit: 10, cursor: undefined }
    const page = await masked.searchCalls(search, never)
    const [row] = page.calls
    expect(row).toMatchObject({ from: '4989xxxxxxx56', to: '4930xxxxxxx99' })
    expect(row!.callId).not.toContain(caller)
    const call = (await masked.readCall(row!.callId, { correlate: true, messagesMax: 9 }, never))!
    expect(call.summary).toEqual(row!)
    const [sip, log] = [1, 100].map(
      (one) => call.messages.find(({ protocol }) => protocol === one)!,
    ) as [CallMessage, CallMessage]
    expect(sip.raw).toContain(`Call-ID: ${row!.callId}\r\n`)
    expect(sip.raw).toContain('<sip:4989xxxxxxx56@pbx>')
    expect(log.raw).toBe(`call ${row!.callId} from +4989xxxxxxx56 to 4930xxxxxxx99`)
    const trace = await masked.readTrace([row!.callId], never)
    expect(trace[0]!.payload.toString()).toBe(sip.raw)
    const events = masked.tail('', never)[Symbol.asyncIterator]()
    const next = events.next()
    await Bun.sleep(1)
    store.emit({ kind: 'call', call: store.row(callId) })
    expect((await next).value).toEqual({ kind: 'call', call: row! })
    const pcap = Buffer.from(exportPcap(trace, [row!.callId])).toString('latin1')
    for (const shown of [page, call, trace, pcap])
      for (const secret of [caller.slice(2, 10), '30777888'])
        expect(JSON.stringify(shown)).not.toContain(secret)
  })

  test('finds a call by the Call-ID it showed, and by the real one', async () => {
    const { store, callId } = numbered()
    const masked = storeFor(store, who(KEEP))
    const options = { correlate: true, messagesMax: 9 }
    const found = await masked.readCall(callId, options, never)
    expect((await masked.readCall(found!.callId, options, never))!.callId).toBe(found!.callId)
    expect(found!.callId).not.toBe(callId)
    expect(await masked.readCall('nobody', options, never)).toBeUndefined()
  })

  test('a cursor is sealed: it can be used and not read', async () => {
    const masked = storeFor(new MemoryStore(), who(KEEP))
    const search = { q: '', fromUs: undefined, toUs: undefined, limit: 3, cursor: undefined }
    const first = await masked.searchCalls(search, never)
    expect(first.nextCursor!.length).toBeGreaterThan(30)
    const second = await masked.searchCalls({ ...search, cursor: first.nextCursor! }, never)
    expect(second.calls[0]).not.toEqual(first.calls[0]!)
    const forged = { ...search, cursor: 'MTI' }
    expect(masked.searchCalls(forged, never)).rejects.toMatchObject({ code: 'bad_parameter' })
  })

  test('is the store itself for those from whom nothing is hidden', () => {
    const store = new MemoryStore()
    expect(storeFor(store, who(undefined)) as unknown).toBe(store)
  })
})

describe('maskQuery', () => {
  const code = (q: string): string => {
    try {
      maskQuery(q, KEEP, cipher)
      return 'allowed'
    } catch (error) {
      return (error as ApiError).place.reason ?? 'other'
    }
  }
  test.each([
    ...['from:49891*', 'from:*3456', '-to:+49891*', 'from:1|49891*', 'from:"4989"*', '4989123*'],
    ...['callid:*4989123*', 'header.X-Foo:*12345', 'text:498912', 'user:4*1', 'ruri:4\\*9*'],
  ])('refuses to search for part of a number: %s', (q) => expect(code(q)).toBe('masked'))

  test.each([
    ...['from:4989123456', 'from:4989*', 'from:*56', 'from:ali*', 'status:4xx ip:10.0.0.*'],
    ...['outcome:failed|busy -to:110', 'header.X-Foo:bar*', 'ua:"PBX 20"', 'setup:>300ms'],
  ])('lets a whole number and its shown ends be searched for: %s', (q) =>
    expect(code(q)).toBe('allowed'),
  )

  test('a Call-ID as it was shown finds the call', () =>
    expect(maskQuery(`callid:${cipher.hide('4989123456@x')}`, KEEP, cipher)).toBe(
      `callid:4989123456@x|${cipher.hide('4989123456@x')}`,
    ))
})
