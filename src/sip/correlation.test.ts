import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { correlationKeysOf, KEYS_MAX, keyEvidenceOf, parseSip } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const keysOf = (...headers: string[]) =>
  correlationKeysOf(scriptCall(`0 a>p INVITE #1 | ${headers.join(' | ')}`))
const A = 'ab30317f1a784dc48ff824d0d3715d86'
const B = '47755a9de7794ba387653f2099600ef2'
const NULL = '0'.repeat(32)

test('correlationKeysOf reads every header that names another call', () => {
  expect(keysOf('X-CID: abc@x')).toEqual(['callid:abc@x'])
  expect(keysOf('x-call-id: abc@x')).toEqual(['callid:abc@x'])
  expect(keysOf('Replaces: 42@bob;to-tag=7;from-tag=6')).toEqual(['callid:42@bob'])
  expect(
    keysOf('Refer-To: <sip:d@x?Replaces=12345%40192.0.2.1%3Bto-tag%3D1%3Bfrom-tag%3D2>'),
  ).toEqual(['callid:12345@192.0.2.1'])
  expect(keysOf('r: <sip:d@x>')).toEqual([])
  expect(keysOf('P-Charging-Vector: icid-value="1234bc";orig-ioi=home1.net')).toEqual([
    'icid:1234bc',
  ])
  expect(keysOf('P-Charging-Vector: orig-ioi=home1.net; icid-value=1234bc')).toEqual([
    'icid:1234bc',
  ])
})

test('correlationKeysOf takes both UUIDs of a Session-ID, but not the null one', () => {
  expect(keysOf(`Session-ID: ${A};remote=${NULL}`)).toEqual([`session:${A}`])
  expect(keysOf(`Session-ID: ${A.toUpperCase()} ; remote=${B}`)).toEqual([
    `session:${A}`,
    `session:${B}`,
  ])
  expect(keysOf('Session-ID: not-a-uuid')).toEqual([])
})

test('correlationKeysOf leaves out the own Call-ID and says each key once', () => {
  expect(keysOf('X-CID: call-1@test', 'X-Call-ID: other', 'X-CID: other')).toEqual(['callid:other'])
})

test('correlationKeysOf takes the stem of a Call-ID with a B2BUA suffix', () => {
  for (const callId of ['stem@x_b2b-1', 'stem@x_pbx-2', 'stem@x_b2b-1_pbx-1']) {
    const [message] = scriptCall('0 a>p INVITE #1')
    const payload = Buffer.from(message!.payload.toString().replace('call-1@test', callId))
    const sip = parseSip(payload)
    if (sip.kind === 'malformed') throw new Error(sip.reason)
    expect(correlationKeysOf([{ ...message!, payload, sip }])).toEqual(['callid:stem@x'])
  }
})

test("correlationKeysOf takes the agent's correlation id where it differs", () => {
  const [message] = scriptCall('0 a>p INVITE #1')
  expect(correlationKeysOf([{ ...message!, correlationId: 'call-1@test' }])).toEqual([])
  expect(keyEvidenceOf([{ ...message!, correlationId: 'other' }])).toEqual([
    { key: 'callid:other', source: "the agent's correlation id" },
  ])
})

test('correlationKeysOf of logs and reports leaves out the id they are filed under', () => {
  const [message] = scriptCall('0 a>p INVITE #1')
  const log = { ...message!, protocolType: 100, sip: undefined, correlationId: 'call-1@test' }
  expect(correlationKeysOf([log])).toEqual([])
})

test('correlationKeysOf is bounded in number and length', () => {
  const many = Array.from({ length: 100 }, (_, i) => `X-CID: ${i}`)
  expect(keysOf(...many)).toHaveLength(KEYS_MAX)
  expect(keysOf(`X-CID: ${'y'.repeat(5_000)}`)[0]!.length).toBeLessThanOrEqual(
    'callid:'.length + 512,
  )
})

test('correlationKeysOf never throws, whatever the headers say', () => {
  const name = fc.constantFrom('X-CID', 'Session-ID', 'Replaces', 'Refer-To', 'P-Charging-Vector')
  fc.assert(
    fc.property(name, fc.string({ unit: 'binary' }), (header, value) => {
      expect(keysOf(`${header}: ${value.replaceAll('\n', '')}`).length).toBeLessThanOrEqual(
        KEYS_MAX,
      )
    }),
  )
})
