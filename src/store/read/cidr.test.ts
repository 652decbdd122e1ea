import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { cidrContains, cidrPrefix, cidrText, parseCidr } from './cidr.ts'

const addressAndBits = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
)

test('parseCidr gives back the block that cidrText wrote, and the block contains its address', () => {
  fc.assert(
    fc.property(addressAndBits, ([address, bits]) => {
      const whole = parseCidr(address)!
      // A mapped address is IPv4, whose blocks are at most 32 bits wide.
      fc.pre(whole.version === 6 || bits <= 32 || !address.includes(':'))
      const block = parseCidr(`${cidrText(whole)}/${Math.min(bits, whole.bits)}`)!
      expect(parseCidr(cidrText(block))).toEqual(block)
      expect(cidrContains(block, address)).toBe(true)
      if (!address.includes(':')) expect(address.startsWith(cidrPrefix(block))).toBe(true)
    }),
  )
})

test('cidrContains tells neighbours apart and reads every spelling of an address', () => {
  const contains = (block: string, address: string) => cidrContains(parseCidr(block)!, address)
  expect(contains('10.1.2.0/23', '10.1.3.255')).toBe(true)
  expect(contains('10.1.2.0/23', '10.1.4.0')).toBe(false)
  expect(contains('10.0.0.0/8', '::ffff:10.9.9.9')).toBe(true)
  expect(contains('::ffff:10.0.0.0/104', '10.9.9.9')).toBe(true)
  expect(contains('2001:db8::/32', '2001:0DB8:0:0::1')).toBe(true)
  expect(contains('2001:db8::/32', '2001:db9::1')).toBe(false)
  expect(contains('[fe80::1]', 'fe80::1%eth0')).toBe(true)
  expect(contains('0.0.0.0/0', '::1')).toBe(false)
  expect(contains('10.0.0.0/8', 'not an address')).toBe(false)
})

test('parseCidr refuses what is no address', () => {
  const texts = [
    '',
    '10.1.2',
    '10.1.2.256',
    '10.0.0.0/33',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    ':',
    'x::',
  ]
  for (const text of [...texts, '::1/129', '1.2.3.4/', '1:2', '::ffff:1.2.3.4/95', '12345::'])
    expect(parseCidr(text)).toBeUndefined()
})
