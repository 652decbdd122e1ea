import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeHep, PROTOCOL } from '#hep'
import { parseSip } from '#sip'
import { callIdAt, findCallId } from './find-call-id.ts'
import { keyOfName, spreadKeyOf } from './spread-key.ts'
import { SLOTS, SpreadTable } from './spread-table.ts'

const names = fc.uniqueArray(
  fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([ip, port]) => `${ip}:${port}`),
  { minLength: 2, maxLength: 40 },
)
const SLOT_LIST = Array.from({ length: SLOTS }, (_, slot) => slot)

test('SpreadTable moves only the calls of a target that goes, and gives them back when it returns', () => {
  fc.assert(
    fc.property(names, fc.nat(), (targets, n) => {
      const gone = targets[n % targets.length]!
      const before = new SpreadTable(targets)
      const after = new SpreadTable(targets.filter((name) => name !== gone))
      for (const slot of SLOT_LIST) {
        const was = before.targetOf(slot)
        if (was !== gone) expect(after.targetOf(slot)).toBe(was)
      }
    }),
    { numRuns: 30 },
  )
})

test('SpreadTable agrees with itself in whatever order the targets are named', () => {
  fc.assert(
    fc.property(names, (targets) => {
      const a = new SpreadTable(targets)
      const b = new SpreadTable(targets.toReversed())
      expect(SLOT_LIST.every((slot) => a.targetOf(slot) === b.targetOf(slot))).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('SpreadTable gives no target much more than its share', () => {
  fc.assert(
    fc.property(names, (targets) => {
      const table = new SpreadTable(targets)
      const shares = new Map(targets.map((name) => [name, 0]))
      for (const slot of SLOT_LIST) {
        const target = table.targetOf(slot)
        shares.set(target, shares.get(target)! + 1)
      }
      const mean = SLOTS / targets.length
      // Five standard deviations of a fair deal.
      const most = mean + 5 * Math.sqrt(mean)
      expect(Math.max(...shares.values())).toBeLessThan(most)
      expect(Math.min(...shares.values())).toBeGreaterThan(mean - 5 * Math.sqrt(mean))
    }),
    { numRuns: 60 },
  )
})

test('SpreadTable spreads calls over four targets to within 1.15 of the mean', () => {
  const table = new SpreadTable(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'])
  const counts = [0, 0, 0, 0]
  for (let n = 0; n < 40_000; n++) counts[table.placeOf(keyOfName(`call-${n}@host`))]! += 1
  expect(Math.max(...counts) / 10_000).toBeLessThan(1.15)
})

const head = fc.constantFrom(
  ...['Call-ID: abc@host', 'i:short', 'I :  wide ', 'CALL-id:\tA b', 'Call-ID:', 'Call-IDs: no'],
  ...['Via: SIP/2.0/UDP a', 'CSeq: 1 INVITE', ' folded', 'Call-ID: földed', 'Info: x', 'i', 'C: d'],
)

test('findCallId finds what parseSip finds, or nothing', () => {
  let found = 0
  fc.assert(
    fc.property(fc.array(head, { maxLength: 6 }), (heads) => {
      const text = ['INVITE sip:bob@b SIP/2.0', ...heads, '', 'Call-ID: in-the-body', ''].join(
        '\r\n',
      )
      const bytes = Buffer.from(`xx${text}yy`)
      if (!findCallId(bytes, 2, bytes.length - 2)) return
      found++
      const sip = parseSip(Buffer.from(text))
      const callId = sip.kind === 'malformed' ? undefined : sip.callId
      const here = bytes.toString('utf8', callIdAt.from, callIdAt.to)
      if (callId !== undefined) expect(here).toBe(callId)
    }),
    { numRuns: 2_000 },
  )
  expect(found).toBeGreaterThan(500)
})

const base = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060, atUs: 1e15 }
const keyOf = (frame: Buffer, receivedUs = 1): number =>
  spreadKeyOf(frame, 0, frame.length, receivedUs)
const sip = (callId: string, startLine: string): Buffer =>
  Buffer.from(`${startLine}\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\n\r\n`)

test('spreadKeyOf is the same for everything of one call, in whatever form it comes', () => {
  const callId = 'a84b4c76e66710@pc33'
  const invite = sip(callId, 'INVITE sip:bob@b SIP/2.0')
  const keys = [
    keyOf(encodeHep({ ...base, payload: invite })),
    keyOf(encodeHep({ ...base, payload: sip(callId, 'SIP/2.0 200 OK') })),
    keyOf(encodeHep({ ...base, payload: sip(callId, 'FOO sip:bob@b SIP/2.0') })),
    keyOf(encodeHep({ ...base, version: 2, payload: invite })),
    keyOf(encodeHep({ ...base, payload: invite }, { compress: 'zlib' })),
    keyOf(
      encodeHep({
        ...{ ...base, payload: Buffer.from('{}'), protocolType: PROTOCOL.rtcp },
        correlationId: callId,
      }),
    ),
  ]
  expect(new Set(keys)).toEqual(new Set([keyOfName(callId)]))
})

test('spreadKeyOf spreads what belongs to no call', () => {
  const log = encodeHep({ ...base, protocolType: PROTOCOL.log, payload: Buffer.from('hello') })
  const keys = Array.from({ length: 100 }, (_, n) => keyOf(log, 1e15 + n * 40))
  expect(new Set(keys).size).toBeGreaterThan(95)
})

test('spreadKeyOf reads any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(keyOf(Buffer.from(bytes))).toBeGreaterThanOrEqual(0)
    }),
  )
})
