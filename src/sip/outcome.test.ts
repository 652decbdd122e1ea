import { expect, test } from 'bun:test'
import { callStateOf, durationMsOf, finalStatusOf, outcomeOf, setupMsOf } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

/** What a call comes to: outcome, final status, setup and duration in ms. */
const CALLS: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
  'an INVITE alone': ['0 a>p INVITE #1', ['trying', undefined, undefined, undefined]],
  'a ringing phone': [
    '0 a>p INVITE #1\n5 p>a 100 Trying #1 INVITE\n400 p>a 180 Ringing #1 INVITE',
    ['ringing', undefined, 400, undefined],
  ],
  'a call that is up': [
    '0 a>p INVITE #1\n400 p>a 180 Ringing #1 INVITE\n2000 p>a 200 OK #1 INVITE\n2010 a>p ACK #1',
    ['answered', 200, 400, undefined],
  ],
  'a call that ended': [
    '0 a>p INVITE #1\n2000 p>a 200 OK #1 INVITE\n2010 a>p ACK #1\n36000 a>p BYE #2\n36010 p>a 200 OK #2 BYE',
    ['completed', 200, 2000, 34000],
  ],
  'a re-INVITE refused within a call': [
    '0 a>p INVITE #1\n10 p>a 200 OK #1 INVITE\n500 a>p INVITE #2 +tag\n510 p>a 488 Not Acceptable Here #2 INVITE',
    ['answered', 200, 10, undefined],
  ],
  'early media, PRACK and UPDATE before a busy': [
    '0 a>p INVITE #1\n10 p>a 183 Session Progress #1 INVITE\n20 a>p PRACK #2\n30 p>a 200 OK #2 PRACK\n40 a>p UPDATE #3\n50 p>a 200 OK #3 UPDATE\n900 p>a 486 Busy Here #1 INVITE',
    ['busy', 486, 10, undefined],
  ],
  'a challenge and then the call': [
    '0 a>p INVITE #1\n5 p>a 407 Proxy Authentication Required #1 INVITE\n6 a>p ACK #1\n10 a>p INVITE #2\n400 p>a 180 Ringing #2 INVITE\n900 p>a 200 OK #2 INVITE',
    ['answered', 200, 400, undefined],
  ],
  'a challenge and nothing after it': [
    '0 a>p INVITE #1\n5 p>a 407 Proxy Authentication Required #1 INVITE\n6 a>p ACK #1',
    ['auth-failed', 407, undefined, undefined],
  ],
  'a challenge and then a refusal': [
    '0 a>p INVITE #1\n5 p>a 407 Proxy Authentication Required #1 INVITE\n10 a>p INVITE #2\n20 p>a 403 Forbidden #2 INVITE',
    ['rejected', 403, undefined, undefined],
  ],
  'a refusal and, at another server, a challenge': [
    '0 a>p INVITE #1\n5 p>a 503 Service Unavailable #1 INVITE\n10 a>q INVITE #2\n20 q>a 407 Proxy Authentication Required #2 INVITE',
    ['auth-failed', 407, undefined, undefined],
  ],
  'a caller who gave up': [
    '0 a>p INVITE #1\n100 p>a 180 Ringing #1 INVITE\n8300 a>p CANCEL #1\n8301 p>a 200 OK #1 CANCEL\n8302 p>a 487 Request Terminated #1 INVITE',
    ['cancelled', 487, 100, undefined],
  ],
  'a 487 without its CANCEL': [
    '0 a>p INVITE #1\n8302 p>a 487 Request Terminated #1 INVITE',
    ['cancelled', 487, undefined, undefined],
  ],
  'a 200 that crossed the CANCEL': [
    '0 a>p INVITE #1\n100 p>a 180 Ringing #1 INVITE\n3000 a>p CANCEL #1\n3001 p>a 200 OK #1 INVITE\n3005 p>a 200 OK #1 CANCEL\n3006 a>p ACK #1\n3010 a>p BYE #2',
    ['cancelled', 200, 100, undefined],
  ],
  'a forwarding proxy: one branch cancelled, the next one talks': [
    '0 a>p INVITE #1\n1 p>b INVITE #1\n9 b>p 180 Ringing #1 INVITE\n9000 p>b CANCEL #1\n9010 b>p 487 Request Terminated #1 INVITE\n9020 p>q INVITE #1\n9900 q>p 200 OK #1 INVITE\n60000 a>p BYE #2',
    ['completed', 200, 9, 50100],
  ],
  'a fork: two ring, one answers, the other one is cancelled': [
    '0 a>p INVITE #1\n50 b>p 180 Ringing #1 INVITE\n60 q>p 180 Ringing #1 INVITE\n900 b>p 200 OK #1 INVITE\n905 p>q CANCEL #1\n910 q>p 487 Request Terminated #1 INVITE',
    ['answered', 200, 50, undefined],
  ],
  'a fork of which nobody answers: the caller hears 408': [
    '0 a>p INVITE #1\n50 b>p 180 Ringing #1 INVITE\n30000 p>b CANCEL #1\n30005 b>p 487 Request Terminated #1 INVITE\n30010 p>a 408 Request Timeout #1 INVITE',
    ['unanswered', 408, 50, undefined],
  ],
  'a redirection followed to an answer': [
    '0 a>p INVITE #1\n5 p>a 302 Moved Temporarily #1 INVITE\n10 a>q INVITE #2\n70 q>a 200 OK #2 INVITE',
    ['answered', 200, 70, undefined],
  ],
  'a challenge and a refusal in the same microsecond: the refusal ends it': [
    '0 a>p INVITE #1\n5 p>a 407 Proxy Authentication Required #1 INVITE\n5 p>a 403 Forbidden #2 INVITE',
    ['rejected', 403, undefined, undefined],
  ],
  'a decline': [
    '0 a>p INVITE #1\n70 p>a 603 Decline #1 INVITE',
    ['rejected', 603, undefined, undefined],
  ],
  'an unwanted call (RFC 8197)': [
    '0 a>p INVITE #1\n70 p>a 607 Unwanted #1 INVITE',
    ['rejected', 607, undefined, undefined],
  ],
  'nobody there': [
    '0 a>p INVITE #1\n70 p>a 480 Temporarily Unavailable #1 INVITE',
    ['unanswered', 480, undefined, undefined],
  ],
  'a trunk that is down': [
    '0 a>p INVITE #1\n70 p>a 503 Service Unavailable #1 INVITE',
    ['failed', 503, undefined, undefined],
  ],
  'a registration after a challenge': [
    '0 a>p REGISTER #1\n5 p>a 401 Unauthorized #1 REGISTER\n9 a>p REGISTER #2\n15 p>a 200 OK #2 REGISTER',
    ['registered', 200, undefined, undefined],
  ],
  'a wrong password, and a BYE nobody understands': [
    '0 a>p REGISTER #1\n5 p>a 401 Unauthorized #1 REGISTER\n9 a>p REGISTER #2\n15 p>a 401 Unauthorized #2 REGISTER\n20 a>p BYE #2',
    ['auth-failed', 401, undefined, undefined],
  ],
  'an OPTIONS ping': [
    '0 a>p OPTIONS #1\n5 p>a 200 OK #1 OPTIONS',
    ['ok', 200, undefined, undefined],
  ],
  'an OPTIONS ping nobody answers': [
    '0 a>p OPTIONS #1\n500 a>p OPTIONS #1',
    ['trying', undefined, undefined, undefined],
  ],
  'a subscription': [
    '0 a>p SUBSCRIBE #1\n5 p>a 202 Accepted #1 SUBSCRIBE\n9 p>a NOTIFY #1\n12 a>p 200 OK #1 NOTIFY',
    ['ok', 202, undefined, undefined],
  ],
  'a message': [
    '0 a>p MESSAGE #1\n5 p>a 404 Not Found #1 MESSAGE',
    ['failed', 404, undefined, undefined],
  ],
  'the end of a call only': [
    '0 b>p BYE #2 +callee\n5 p>b 200 OK #2 BYE',
    ['completed', undefined, undefined, undefined],
  ],
  'the middle of a call, with a re-INVITE, and its end': [
    '0 a>p INVITE #4 +tag\n5 p>a 200 OK #4 INVITE\n900 a>p BYE #5',
    ['completed', 200, undefined, undefined],
  ],
  'the middle of a call, with a re-INVITE': [
    '0 a>p INVITE #4 +tag\n5 p>a 200 OK #4 INVITE\n6 a>p ACK #4',
    ['answered', 200, undefined, undefined],
  ],
  'a call whose ACK came first by the clock': [
    '0 a>p ACK #1\n1 a>p INVITE #1\n5 p>a 200 OK #1 INVITE',
    ['answered', 200, 4, undefined],
  ],
  'an INFO within a call': [
    '0 a>p INFO #4\n5 p>a 200 OK #4 INFO',
    ['unknown', undefined, undefined, undefined],
  ],
  'responses alone': ['0 p>a 200 OK #1 INVITE', ['unknown', 200, undefined, undefined]],
}

for (const [name, [script, expected]] of Object.entries(CALLS)) {
  test(`outcomeOf, finalStatusOf, setupMsOf, durationMsOf: ${name}`, () => {
    const state = callStateOf(scriptCall(script))
    const seen: unknown = [
      outcomeOf(state),
      finalStatusOf(state),
      setupMsOf(state),
      durationMsOf(state),
    ]
    expect(seen).toEqual(expected)
  })
}

test('setupMsOf and durationMsOf are never negative, however the clocks differ', () => {
  const state = callStateOf(scriptCall('9 a>p INVITE #1\n2 p>a 200 OK #1 INVITE\n1 a>p BYE #2'))
  expect([setupMsOf(state), durationMsOf(state)]).toEqual([0, 0])
})
