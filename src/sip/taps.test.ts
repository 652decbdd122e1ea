import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { foldTaps, labelOf } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const shapeOf = (script: string) =>
  foldTaps(scriptCall(script)).map(({ message, taps, repeatOf }) => [
    labelOf(message),
    taps.map(({ captureId }) => captureId),
    repeatOf,
  ])

test('foldTaps makes one message of what two taps saw within moments', () => {
  expect(shapeOf('0 a>p INVITE #1 +tap2\n0.3 a>p INVITE #1\n5 p>a 100 Trying #1 INVITE')).toEqual([
    ['INVITE', [2, 1], undefined],
    ['100 Trying', [1], undefined],
  ])
})

test('foldTaps keeps a retransmission apart and folds its taps as well', () => {
  expect(
    shapeOf(`
      0    a>p INVITE #1
      0.4  a>p INVITE #1 +tap2
      500  a>p INVITE #1
      500.4 a>p INVITE #1 +tap2
      1500 a>p INVITE #1
    `),
  ).toEqual([
    ['INVITE', [1, 2], undefined],
    ['INVITE', [1, 2], 0],
    ['INVITE', [1], 0],
  ])
})

test('foldTaps takes the same tap seeing the same bytes again for a retransmission', () => {
  expect(shapeOf('0 a>p INVITE #1\n120 a>p INVITE #1').map(([, , repeatOf]) => repeatOf)).toEqual([
    undefined,
    0,
  ])
})

test('foldTaps takes another tap later than half of T1 for a retransmission', () => {
  expect(shapeOf('0 a>p INVITE #1\n240 a>p INVITE #1 +tap2')).toHaveLength(1)
  expect(
    shapeOf('0 a>p INVITE #1\n260 a>p INVITE #1 +tap2').map(([, , repeatOf]) => repeatOf),
  ).toEqual([undefined, 0])
})

test('foldTaps folds agents that share a capture id, as no timer is that fast', () => {
  expect(shapeOf('0 a>p INVITE #1\n0.2 a>p INVITE #1')).toEqual([['INVITE', [1, 1], undefined]])
})

test('foldTaps keeps hops apart: other addresses, other message', () => {
  expect(shapeOf('0 a>p ACK #1\n0.2 p>b ACK #1')).toHaveLength(2)
})

test('foldTaps counts every sighting exactly once', () => {
  const step = fc.tuple(fc.nat(900), fc.constantFrom('INVITE #1', 'ACK #1', 'INVITE #1 +tap2'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const messages = steps.flatMap(([ms, label]) => scriptCall(`${ms} a>p ${label}`))
      const folded = foldTaps(messages)
      expect(new Set(folded.flatMap(({ taps }) => taps))).toEqual(new Set(messages))
      expect(folded.reduce((sum, { taps }) => sum + taps.length, 0)).toBe(messages.length)
      for (const { repeatOf, message } of folded) {
        if (repeatOf === undefined) continue
        expect(folded[repeatOf]?.repeatOf).toBeUndefined()
        expect(folded[repeatOf]?.message.payload.equals(message.payload)).toBe(true)
      }
    }),
  )
})

test('foldTaps orders messages of the same microsecond as SIP would', () => {
  const script = `
    0 a>p ACK #1
    0 p>a 200 OK #1 INVITE
    0 p>a 100 Trying #1 INVITE
    0 p>a 180 Ringing #1 INVITE
    0 p>a 200 OK #2 BYE
    0 a>p BYE #2
    0 p>b INVITE #1 | Via: SIP/2.0/UDP p
    0 a>p INVITE #1
  `
  const labels = (list: ReturnType<typeof scriptCall>) =>
    foldTaps(list).map(({ message }) => `${message.srcIp} ${labelOf(message)}`)
  const expected = [
    '10.0.0.1 INVITE',
    '10.0.0.10 INVITE',
    '10.0.0.10 100 Trying',
    '10.0.0.10 180 Ringing',
    '10.0.0.10 200 OK',
    '10.0.0.1 ACK',
    '10.0.0.1 BYE',
    '10.0.0.10 200 OK',
  ]
  expect(labels(scriptCall(script))).toEqual(expected)
  expect(labels(scriptCall(script).reverse())).toEqual(expected)
})
