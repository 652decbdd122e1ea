import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type CallState, callStateOf, mergeCallStates, type TracedMessage } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const LABELS = [
  'INVITE #1',
  'INVITE #1 +tap2',
  'INVITE #3 +tag',
  'ACK #1',
  'CANCEL #1',
  'BYE #2',
  'BYE #2 +callee',
  'REGISTER #1',
  'PRACK #5',
  '100 Trying #1 INVITE',
  '180 Ringing #1 INVITE',
  '183 Session Progress #1 INVITE',
  '200 OK #1 INVITE',
  '202 Accepted #1 SUBSCRIBE',
  '200 OK #2 BYE',
  '200 OK #5 PRACK',
  '401 Unauthorized #1 REGISTER',
  '407 Proxy Authentication Required #1 INVITE',
  '486 Busy Here #1 INVITE',
  '487 Request Terminated #1 INVITE',
  '503 Service Unavailable #1 INVITE',
]

/** Few different times, so that ties are common. */
const message = fc
  .tuple(fc.nat(5), fc.constantFrom('a>p', 'p>a', 'b>p', 'a>q'), fc.constantFrom(...LABELS))
  .map(([ms, path, label]) => scriptCall(`${ms} ${path} ${label}`)[0]!)
const messages = fc.array(message, { maxLength: 12 })

const inDealtOut = <T>(check: (a: TracedMessage[], b: TracedMessage[], c: TracedMessage[]) => T) =>
  fc.assert(
    fc.property(messages, messages, messages, (a, b, c) => {
      check(a, b, c)
    }),
    { numRuns: 300 },
  )

test('callStateOf of two parts merged is callStateOf of the whole', () => {
  inDealtOut((a, b) => {
    expect(mergeCallStates(callStateOf(a), callStateOf(b))).toEqual(callStateOf([...a, ...b]))
  })
})

test('callStateOf does not depend on the order of the messages', () => {
  fc.assert(
    fc.property(
      messages.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      ([list, shuffled]) => {
        expect(callStateOf(shuffled)).toEqual(callStateOf(list))
      },
    ),
  )
})

test('mergeCallStates is commutative and associative, and no messages change nothing', () => {
  inDealtOut((...parts) => {
    const [a, b, c] = parts.map(callStateOf) as [CallState, CallState, CallState]
    expect(mergeCallStates(a, b)).toEqual(mergeCallStates(b, a))
    expect(mergeCallStates(mergeCallStates(a, b), c)).toEqual(
      mergeCallStates(a, mergeCallStates(b, c)),
    )
    expect(mergeCallStates(a, callStateOf([]))).toEqual(a)
  })
})

test('callStateOf names the parties of the earliest request', () => {
  const state = callStateOf(
    scriptCall(`
    9 a>p ACK #1
    0 a>p INVITE #1 | User-Agent: Phone
    1 p>b INVITE #1 | User-Agent: Proxy
  `),
  )
  expect(state).toMatchObject({
    messageCount: 3,
    method: 'INVITE',
    fromUser: 'alice',
    toUser: '+4989123456',
    ruriDomain: 'b.example',
    userAgent: 'Phone',
    srcIp: '10.0.0.1',
    dstIp: '10.0.0.10',
  })
})

test('callStateOf takes the INVITE for the first request where the clock says that all was at once', () => {
  const requests = ['ACK #1', 'BYE #2', 'INVITE #1', 'CANCEL #1', 'PRACK #3']
  const state = callStateOf(scriptCall(requests.map((label) => `0 a>p ${label}`).join('\n')))
  expect(state.method).toBe('INVITE')
})
