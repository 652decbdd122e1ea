import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { callStateOf, foldTaps, parseSip, verdictOf } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const verdict = (script: string) => {
  const messages = scriptCall(script)
  return verdictOf(foldTaps(messages), callStateOf(messages))
}

const CALLS: Readonly<Record<string, string>> = {
  'completed: answered after 2.3 s, 34 s long, ended by the caller (10.0.0.1)': `
    0 a>p INVITE #1
    2300 p>a 200 OK #1 INVITE
    2310 a>p ACK #1
    36300 a>p BYE #2`,
  'completed: answered after 2.3 s, 2 min 5 s long, ended by the callee (10.0.0.2): Q.850 16 Normal call clearing': `
    0 a>p INVITE #1
    2300 p>a 200 OK #1 INVITE
    2310 a>p ACK #1
    127300 b>p BYE #2 +callee | Reason: Q.850;cause=16;text="Normal call clearing"
    127301 p>a BYE #2 +callee`,
  'completed: ended by 10.0.0.2, the capture begins within the call': '0 b>p BYE #2 +callee',
  'answered after 10 ms, no BYE seen, last message 20 ms after the answer': `
    0 a>p INVITE #1
    1 p>a 100 Trying #1 INVITE
    10 p>a 200 OK #1 INVITE
    30 a>p ACK #1`,
  'answered after 10 ms, no ACK to the 200 OK, no BYE seen, last message 500 ms after the answer': `
    0 a>p INVITE #1
    10 p>a 200 OK #1 INVITE
    510 p>a 200 OK #1 INVITE`,
  'failed: 503 Service Unavailable from 10.0.0.10 4.1 s after INVITE, retransmitted 3 times, no ACK': `
    0 a>p INVITE #1
    4100 p>a 503 Service Unavailable #1 INVITE
    4600 p>a 503 Service Unavailable #1 INVITE
    5600 p>a 503 Service Unavailable #1 INVITE
    7600 p>a 503 Service Unavailable #1 INVITE`,
  'failed: 503 Service Unavailable from 10.0.0.2 20 ms after INVITE, warning: 399 trunk full': `
    0 a>p INVITE #1
    10 p>b INVITE #1
    20 b>p 503 Service Unavailable #1 INVITE | Warning: 399 gw "trunk full"
    25 p>a 503 Service Unavailable #1 INVITE
    30 p>b ACK #1`,
  'busy: 486 Busy Here from 10.0.0.10 after 1.5 s of ringing, INVITE retransmitted once, Q.850 17': `
    0 a>p INVITE #1
    500 a>p INVITE #1
    600 p>a 180 Ringing #1 INVITE
    2100 p>a 486 Busy Here #1 INVITE | Reason: Q.850;cause=17
    2110 a>p ACK #1`,
  'cancelled by the caller after 8.2 s of ringing': `
    0 a>p INVITE #1
    100 p>a 180 Ringing #1 INVITE
    8300 a>p CANCEL #1
    8301 p>a 487 Request Terminated #1 INVITE`,
  'cancelled by the caller after 3.0 s without ringing, SIP 200 Call completed elsewhere': `
    0 a>p INVITE #1
    3000 a>p CANCEL #1 | Reason: SIP;cause=200;text="Call completed elsewhere"`,
  'cancelled by 10.0.0.10, not the caller, after 8.0 s of ringing': `
    0 a>p INVITE #1
    100 b>p 180 Ringing #1 INVITE
    8100 p>b CANCEL #1
    8101 b>p 487 Request Terminated #1 INVITE`,
  'cancelled by the caller after 2.9 s of ringing, the answer crossed the CANCEL': `
    0 a>p INVITE #1
    100 p>a 180 Ringing #1 INVITE
    3000 a>p CANCEL #1
    3001 p>a 200 OK #1 INVITE
    3010 a>p BYE #2`,
  'registered after one challenge': `
    0 a>p REGISTER #1
    5 p>a 401 Unauthorized #1 REGISTER
    9 a>p REGISTER #2
    15 p>a 200 OK #2 REGISTER`,
  registered: '0 a>p REGISTER #1 | Expires: 60\n5 p>a 200 OK #1 REGISTER',
  unregistered: '0 a>p REGISTER #1 | Expires: 0\n5 p>a 200 OK #1 REGISTER',
  'auth-failed: 401 Unauthorized from 10.0.0.10, 2 challenges, the credentials sent were not accepted': `
    0 a>p REGISTER #1
    5 p>a 401 Unauthorized #1 REGISTER
    9 a>p REGISTER #2 | Authorization: Digest username="alice"
    15 p>a 401 Unauthorized #2 REGISTER`,
  'auth-failed: 407 Proxy Authentication Required from 10.0.0.10, no credentials followed': `
    0 a>p INVITE #1
    5 p>a 407 Proxy Authentication Required #1 INVITE
    9 a>p ACK #1`,
  'OPTIONS answered with 200 OK by 10.0.0.10 after 5 ms':
    '0 a>p OPTIONS #1\n5 p>a 200 OK #1 OPTIONS',
  'ringing for 500 ms, nothing decided':
    '0 a>p INVITE #1\n100 p>a 180 Ringing #1 INVITE\n600 p>a 183 Session Progress #1 INVITE',
  'no response: INVITE to 10.0.0.10, INVITE retransmitted 2 times, last seen 1.5 s after the first': `
    0 a>p INVITE #1
    500 a>p INVITE #1
    1500 a>p INVITE #1`,
  'trying: nothing after 100 Trying from 10.0.0.10': '0 a>p INVITE #1\n1 p>a 100 Trying #1 INVITE',
  'unknown: only 200 OK seen': '0 p>a 200 OK #1 INVITE',
}

for (const [sentence, script] of Object.entries(CALLS)) {
  test(`verdictOf says '${sentence}'`, () => {
    expect(verdict(script)).toBe(sentence)
  })
}

test('verdictOf mentions media loss that can be heard', () => {
  const messages = scriptCall(
    '0 a>p INVITE #1\n10 p>a 200 OK #1 INVITE\n12 a>p ACK #1\n9000 a>p ACK #1',
  )
  const payload = Buffer.from('{"ssrc":1,"report_blocks":[{"fraction_lost":13}]}')
  const rtcp = { ...messages[3]!, protocolType: 5, sip: undefined, payload }
  const all = [...messages.slice(0, 3), rtcp]
  expect(verdictOf(foldTaps(all), callStateOf(all))).toEndWith(', up to 5 % of the media lost')
})

test('verdictOf says something of any messages whatever', () => {
  const label = fc.constantFrom(
    'INVITE #1',
    'ACK #1',
    'BYE #2',
    'CANCEL #1',
    'REGISTER #1',
    'INFO #3',
    '180 Ringing #1 INVITE',
    '200 OK #1 INVITE',
    '200 OK #2 BYE',
    '401 Unauthorized #1 REGISTER',
    '487 Request Terminated #1 INVITE',
    '404 Not Found #2 BYE',
    '503 Service Unavailable #1 OPTIONS',
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(9_000), fc.constantFrom('a>p', 'p>a'), label), { maxLength: 8 }),
      (steps) => {
        const messages = steps.flatMap(([ms, path, what]) => scriptCall(`${ms} ${path} ${what}`))
        const text = verdictOf(foldTaps(messages), callStateOf(messages))
        expect(text).toMatch(/^[a-zA-Z-]+/)
        expect(text).not.toMatch(/undefined|NaN|Infinity/)
      },
    ),
  )
  expect(verdictOf([], callStateOf([]))).toBe('nothing seen')
  expect(parseSip(Buffer.alloc(0)).kind).toBe('malformed')
})
