import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { truePackets } from '../../test/fixtures/oracle.ts'
import { headerValue, parseSip, readParties, sipSkim, skimSip } from './index.ts'

const real = truePackets().flatMap(({ protocol, payload }) => (protocol === 1 ? [payload] : []))

const ODD = [
  'INVITE  SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'INVITE SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'INVITE <sip:a> SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\n b\r\nCSeq: 1 INVITE\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID:\r\nCSeq: 1 INVITE\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: \xe4\r\nCSeq: 1 INVITE\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\0b\r\nCSeq: 1 INVITE\r\n\r\n',
  `INVITE sip:a SIP/2.0\r\nCall-ID: ${'a'.repeat(600)}\r\nCSeq: 1 INVITE\r\n\r\n`,
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 99999999999999 INVITE\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITED\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 1\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: INVITE\r\n\r\n',
  'INVITE sip:a SIP/2.0\ni : a \nCSeq\t:\t7 ACK \n\nbody',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCall-ID: b\r\nCSeq: 1 INVITE\r\nCSeq: 2 BYE\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nX-CID: z\r\nReplaces: y\r\n\r\n',
  'INVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n',
  'INVITE sip:a SIP/2.0',
  'FOO sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 FOO\r\n\r\n',
  '\r\nINVITE sip:a SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'SIP/2.0 200\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'SIP/2.0 2000 OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'SIP/2.0 700 OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'SIP/3.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
  'sip/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'))

/** The message as it lies in a chunk, between other bytes. */
function skimmed(payload: Buffer, before: Buffer, after: Buffer) {
  const bytes = Buffer.concat([before, payload, after])
  if (!skimSip(bytes, before.length, before.length + payload.length)) return undefined
  const { status, method, cseq, cseqMethod, bodyAt, bodyBytes, mayJoin, mayReport } = sipSkim
  return {
    ...{ status, method, cseq, cseqMethod, bodyAt, bodyBytes, mayJoin, mayReport },
    callId: bytes.toString('latin1', sipSkim.callIdAt, sipSkim.callIdEnd),
    ...readParties(bytes, sipSkim),
  }
}

function expectAgreement(payload: Buffer, before: Buffer, after: Buffer): boolean {
  const found = skimmed(payload, before, after)
  if (found === undefined) return false
  const sip = parseSip(payload)
  if (sip.kind === 'malformed') throw new Error(`skimmed what is malformed: ${payload}`)
  const { kind, branch, ...fields } = sip
  const ruri = { ruriUser: found.ruriUser, ruriDomain: found.ruriDomain }
  const expected =
    sip.kind === 'request' ? { ...fields, status: 0 } : { ...fields, method: '', ...ruri }
  const { bodyBytes, ...others } = found
  const { reason, ...rest } = { reason: '', ...expected }
  expect<object>(others).toEqual(rest)
  const said = Number.parseInt(headerValue(payload, 'content-length') ?? '', 10)
  if (bodyBytes >= 0 && said >= 0) expect(bodyBytes).toBe(said)
  return true
}

const NOTHING = Buffer.alloc(0)

test('skimSip reads nearly every real message as parseSip does', () => {
  const read = real.filter((payload) => expectAgreement(payload, NOTHING, NOTHING))
  expect(read.length).toBeGreaterThan(0.99 * real.length)
})

test('skimSip leaves odd messages to parseSip, or reads them alike', () => {
  const read = ODD.map((payload) => expectAgreement(payload, NOTHING, NOTHING))
  expect(read.filter((yes) => yes).length).toBe(5)
})

test('skimSip agrees with parseSip on damaged messages, whatever stands beside them', () => {
  const change = fc.tuple(fc.nat(700), fc.integer({ min: 0, max: 255 }))
  const noise = fc
    .oneof(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(...ODD))
    .map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(
      fc.constantFrom(...real, ...ODD),
      fc.array(change, { maxLength: 4 }),
      fc.option(fc.nat(700)),
      noise,
      noise,
      (whole, changes, cutAt, before, after) => {
        const payload = Buffer.from(cutAt === null ? whole : whole.subarray(0, cutAt))
        for (const [at, value] of changes) if (at < payload.length) payload[at] = value
        expectAgreement(payload, before, after)
      },
    ),
    { numRuns: 3000 },
  )
})
