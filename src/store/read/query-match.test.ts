import { expect, test } from 'bun:test'
import type { TracedMessage } from '#sip'
import { callStateOf } from '#sip'
import type { MergedCall } from './merged-call.ts'
import { matchesQuery, needsMessages } from './query-match.ts'
import { parseQuery } from './query-parse.ts'
import { answeredCall, traced } from './test-calls.ts'

const stored = new Set(['x-kept'])

function callOf(messages: readonly TracedMessage[], more: Partial<MergedCall> = {}): MergedCall {
  const sips = messages.flatMap(({ sip }) => sip ?? [])
  return {
    callId: sips[0]?.callId ?? '',
    sentCallId: sips[0]?.callId ?? '',
    state: callStateOf(messages),
    hosts: new Set(messages.flatMap(({ srcIp, dstIp }) => [srcIp, dstIp])),
    statuses: new Set(sips.flatMap((sip) => (sip.kind === 'response' ? [sip.status] : []))),
    captureIds: new Set(messages.map(({ captureId }) => captureId)),
    capturedBy: new Set(['edge-1']),
    protocols: new Set([1]),
    correlation: new Set(),
    headers: new Map([['x-kept', new Set(['Gold'])]]),
    mos: undefined,
    isWhole: true,
    payloads: () => messages.map(({ payload }) => payload),
    ...more,
  }
}

const call = callOf(
  answeredCall({
    callId: '3848276298220188511@atlanta.example.com',
    from: '+4989123@Munich.example',
    to: 'bob@berlin.example',
    ruri: 'bob-2@10.1.2.3',
    userAgent: 'Asterisk PBX 20.1',
    src: '10.1.2.3',
    dst: '2001:db8::9',
    headers: ['X-Foo: bar baz', 'X-Foo: second'],
    captureId: 2001,
  }),
)

const isMatch = (q: string, of = call) => matchesQuery(parseQuery(q), of, stored)

test('matchesQuery holds what each field says against the call', () => {
  const yes = [
    ...['from:+4989123', 'from:+4989*', 'from:*123', 'from:+4989123@munich.example'],
    ...['from:@MUNICH.*', 'from:+4989*@*.example', 'to:bob', 'ruri:bob-2', 'user:bob', 'user:+49*'],
    ...[
      'domain:berlin.example',
      'domain:10.1.2.3',
      'DOMAIN:*Berlin*',
      'bob',
      '+4989*',
      '*atlanta*',
    ],
    ...['callid:3848276298220188511@atlanta.example.com', 'callid:38482*', 'method:invite'],
    ...['ua:asterisk', 'ua:"pbx 20"', 'ua:ast*20', 'status:200', 'status:2xx', 'status:<300'],
    ...['reply:180', 'reply:1xx', 'outcome:completed', 'outcome:failed|completed', 'duration:60'],
    ...[
      'duration:>59',
      'duration:<=60s',
      'duration:0.9..1.1m',
      'setup:200ms',
      'setup:<1',
      'messages:6',
    ],
    ...['capture:2001', 'capture:2000..2002', 'node:EDGE-*', 'protocol:sip', 'protocol:1'],
    ...['ip:10.1.2.3', 'ip:10.0.0.0/8', 'ip:2001:db8::/32', 'src:10.1.2.3', 'dst:2001:DB8:0::9'],
    ...['header.x-foo:"bar baz"', 'header.X-Foo:bar*', 'header.X-Foo:SECOND', 'header.x-kept:gold'],
    ...[
      'text:"CSeq: 1 bye"',
      'text:sip:bob*SIP/2.0',
      '-status:4xx',
      '-from:alice',
      'from:alice|+4989123',
    ],
  ]
  for (const q of yes) expect([q, isMatch(q)]).toEqual([q, true])
})

test('matchesQuery refuses what does not hold', () => {
  const no = [
    ...['from:bob', 'from:4989123', 'from:+4989123@berlin.example', 'to:Bob', 'to:bo', 'atlanta'],
    ...['callid:3848276298220188511@ATLANTA.example.com', 'method:BYE', 'ua:cisco', 'status:180'],
    ...[
      'status:4xx',
      'reply:486',
      'outcome:answered',
      'duration:>60',
      'duration:61',
      'setup:>200ms',
    ],
    ...['messages:>6', 'capture:1', 'node:edge', 'protocol:rtcp', 'ip:10.1.2.4', 'src:2001:db8::9'],
    ...[
      'header.X-Foo:baz',
      'header.X-None:*',
      'header.x-kept:silver',
      'text:cancel',
      '-bob',
      'from:""',
    ],
  ]
  for (const q of no) expect([q, isMatch(q)]).toEqual([q, false])
})

test('matchesQuery takes an absent value for no number, no address and an empty text', () => {
  const lone = callOf([traced({ start: 'no SIP', src: 'unknown' })])
  const yes = [
    'from:""',
    'from:*',
    '-duration:>=0',
    '-status:>=0',
    '-setup:>=0',
    '-src:0.0.0.0/0',
    'outcome:unknown',
  ]
  for (const q of [...yes, 'callid:""', '-ua:x', 'ua:*'])
    expect([q, isMatch(q, lone)]).toEqual([q, true])
  for (const q of ['from:*a*', 'duration:>=0', 'status:<700', 'src:0.0.0.0/0'])
    expect([q, isMatch(q, lone)]).toEqual([q, false])
})

test('matchesQuery shows an undecided call under its highest provisional status', () => {
  const messages = ['100', '183', '180'].map((start, i) => traced({ start, atUs: i, toTag: 't' }))
  const ringing = callOf([traced({ start: 'INVITE', atUs: -1 }), ...messages])
  expect(isMatch('status:183 outcome:ringing', ringing)).toBeTrue()
})

test('needsMessages only for text and for headers that are not kept in the rows', () => {
  const needs = (q: string) => needsMessages(parseQuery(q), stored)
  expect(needs('from:a header.X-Kept:b')).toBeFalse()
  expect(needs('header.X-Foo:b')).toBeTrue()
  expect(needs('-text:x')).toBeTrue()
})
