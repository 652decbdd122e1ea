import { expect, test } from 'bun:test'
import { CidrList } from './cidr-list.ts'
import { peerAddress } from './peer-address.ts'

test('CidrList finds addresses in blocks of both families', () => {
  const list = new CidrList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])
  for (const ip of ['10.255.1.2', '192.0.2.7', '2001:db8:1::9']) expect(list.has(ip)).toBe(true)
  for (const ip of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'nonsense'])
    expect(list.has(ip)).toBe(false)
})

test('CidrList takes a mapped block as the IPv4 block it is', () => {
  const list = new CidrList(['::ffff:10.0.0.0/104'])
  expect(list.has('10.200.0.1')).toBe(true)
  expect(list.has('11.0.0.1')).toBe(false)
})

test('CidrList refuses text that is no block and names it', () => {
  for (const text of ['10.0.0.0/33', '10.0.0', 'host', '10.0.0.0/8/8', '::/129', '10.0.0.0/', '/8'])
    expect(() => new CidrList([text])).toThrow(`'${text}' is no address or block`)
})

test('peerAddress takes the prefix of a mapped address off and leaves others alone', () => {
  expect(peerAddress('::ffff:10.1.2.3')).toBe('10.1.2.3')
  for (const ip of ['10.1.2.3', '::1', '::ffff:0:1', 'fe80::1%eth0'])
    expect(peerAddress(ip)).toBe(ip)
})
