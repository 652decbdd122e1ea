import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { inCausalOrder } from './causal-order.ts'
import { foldTaps, labelOf } from './index.ts'
import { compareInCall } from './order.ts'
import { scriptCall } from './testing/script-call.ts'

const order = (script: string): string[] =>
  foldTaps(scriptCall(script)).map(({ message }) => `${labelOf(message)} #${message.sip!.cseq}`)

// As a Kamailio on loopback sent it: what goes out is mirrored after the answer has come in.
test('inCausalOrder shows a forwarded BYE before the answer to it', () => {
  const call = foldTaps(
    scriptCall(`
    0    a>p BYE #2
    0.49 b>p 200 OK #2 BYE
    0.57 p>a 200 OK #2 BYE
    0.60 p>b BYE #2
  `),
  )
  expect(call.map(({ message }) => `${message.srcIp} ${labelOf(message)}`)).toEqual([
    ...['10.0.0.1 BYE', '10.0.0.10 BYE'],
    ...['10.0.0.2 200 OK', '10.0.0.10 200 OK'],
  ])
  // The times are what was captured.
  expect(call.map(({ message }) => message.atUs % 1000)).toEqual([0, 600, 490, 570])
})

test('inCausalOrder shows a challenge before the request that answers it', () => {
  expect(
    order(`
    0    a>p REGISTER #1
    0.34 a>p REGISTER #2
    0.54 p>a 200 OK #2 REGISTER
    0.55 p>a 401 Unauthorized #1 REGISTER
  `),
  ).toEqual(['REGISTER #1', '401 Unauthorized #1', 'REGISTER #2', '200 OK #2'])
})

test('inCausalOrder shows the answer before its ACK, and the INVITE before both', () => {
  expect(order('0 a>p ACK #1\n0.1 p>a 200 OK #1 INVITE\n0.2 a>p INVITE #1')).toEqual([
    ...['INVITE #1', '200 OK #1', 'ACK #1'],
  ])
})

test('inCausalOrder leaves a retransmission after the answer where it is', () => {
  const script = '0 a>p INVITE #1\n400 p>a 100 Trying #1 INVITE\n500 a>p INVITE #1'
  expect(order(script)).toEqual(['INVITE #1', '100 Trying #1', 'INVITE #1'])
})

test('inCausalOrder leaves what is too far apart: the trace began in the middle', () => {
  expect(order('0 p>a 200 OK #1 INVITE\n251 a>p INVITE #1')[0]).toBe('200 OK #1')
  expect(order('0 p>a 200 OK #1 INVITE\n249 a>p INVITE #1')[0]).toBe('INVITE #1')
})

test('inCausalOrder keeps every message, and does not change its own order', () => {
  const label = fc.constantFrom(
    ...['INVITE #1', '100 Trying #1 INVITE', '407 Denied #1 INVITE', 'ACK #1', 'INVITE #2'],
    ...['200 OK #2 INVITE', 'ACK #2', 'BYE #3', '200 OK #3 BYE'],
  )
  const step = fc.tuple(fc.nat(900), fc.constantFrom('a>p', 'p>a', 'p>b', 'b>p'), label)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const sorted = scriptCall(steps.map((words) => words.join(' ')).join('\n')).sort(
        compareInCall,
      )
      const ordered = inCausalOrder(sorted, (message) => message)
      expect(new Set(ordered)).toEqual(new Set(sorted))
      expect(ordered.length).toBe(sorted.length)
      expect(inCausalOrder(ordered, (message) => message)).toEqual(ordered)
    }),
  )
})
