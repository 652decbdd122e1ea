// The messages of RFC 5118: IPv6 wherever SIP has an address.
import { expect, test } from 'bun:test'
import { parseSdp, parseSip, readHeaders } from '../index.ts'
import { readTorture } from './read-torture.ts'

const messages = readTorture('rfc5118.txt')

const EXPECTED: Readonly<Record<string, readonly [why: string, fields: object]>> = {
  'ipv6-good': ['a bracketed address', { ruriUser: '', ruriDomain: '2001:db8::10' }],
  'ipv6-bad': ['brackets forgotten: still an address', { ruriDomain: '2001:db8::10' }],
  'port-ambiguous': [
    'inside brackets everything is address, as the RFC says',
    { ruriDomain: '2001:db8::10:5070' },
  ],
  'port-unambiguous': ['a port behind the brackets', { ruriDomain: '2001:db8::10' }],
  'via-received-param-with-delim': ['received in brackets', { branch: 'z9hG4bKas3-111' }],
  'via-received-param-no-delim': ['received without brackets', { branch: 'z9hG4bKas3' }],
  'ipv6-in-sdp': ['a user at an address', { ruriUser: 'user', toDomain: '2001:db8::10' }],
  'mult-ip-in-header': ['both families among the Vias', { branch: 'z9hG4bKas3-111', cseq: 89187 }],
  'mult-ip-in-sdp': ['both families in the SDP', { ruriDomain: '2001:db8::10' }],
  'ipv4-mapped-ipv6': [
    'a mapped address',
    { fromDomain: 'east.example.com', branch: 'z9hG4bKbh19' },
  ],
  'ipv6-bug-abnf-3-colons': [
    'three colons, as the ABNF of RFC 3261 allowed: kept as sent',
    { ruriDomain: '2001:db8:::192.0.2.1', toDomain: '2001:db8:::192.0.2.1' },
  ],
}

test('parseSip is tried with every message of RFC 5118', () => {
  expect([...messages.keys()].sort()).toEqual(Object.keys(EXPECTED).sort())
})

for (const [name, [why, fields]] of Object.entries(EXPECTED)) {
  test(`parseSip reads ${name}: ${why}`, () => {
    expect(parseSip(messages.get(name)!)).toMatchObject({ kind: 'request', ...fields })
  })
}

test('parseSdp reads the addresses of both families in one description', () => {
  const sdp = parseSdp(messages.get('mult-ip-in-sdp')!)
  expect(sdp?.media.map(({ type, ip, port }) => [type, ip, port])).toEqual([
    ['audio', '192.0.2.1', 22334],
    ['video', '2001:db8::1', 6024],
  ])
})

test('readHeaders keeps every Via of a message that crossed both families', () => {
  const vias = readHeaders(messages.get('mult-ip-in-header')!).filter(({ name }) => name === 'Via')
  expect(vias.map(({ value }) => value.split(/[ ;]/)[1])).toEqual([
    '[2001:db8::9:1]:6050',
    '192.0.2.1',
    '[2001:db8::9:255]',
  ])
})
