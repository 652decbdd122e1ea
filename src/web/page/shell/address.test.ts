// Addresses: from the screen to the bar of the browser and back.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Address, hrefOf, readAddress } from './address.ts'
import { apiPath, callPath } from './fetch-json.ts'
import { PAGE_NAMES } from './page-paths.ts'

const read = (href: string) => readAddress(new URL(href, 'http://x'))

describe('readAddress and hrefOf', () => {
  const text = fc.string({ unit: 'grapheme' })
  const name = fc.constantFrom('q', 'from', 'to', 'live', 'message', 'with')
  const query = fc.dictionary(name, text.filter(Boolean), { noNullPrototype: true })
  const address: fc.Arbitrary<Address> = fc.oneof(
    fc.record({
      page: fc.constantFrom('search', ...PAGE_NAMES.slice(1)),
      id: fc.constant(''),
      query,
    }),
    fc.record({
      page: fc.constantFrom('call'),
      id: fc.oneof(text, fc.constantFrom('', '.', '..', 'a/b?c#d%')),
      query,
    }),
  )

  test('an address says everything and nothing is lost', () =>
    fc.assert(
      fc.property(address, (address) => {
        expect(read(hrefOf(address.page, address.id, address.query))).toEqual(address)
      }),
    ))

  test('an empty search is an empty address, and what is unknown is a search', () => {
    expect(hrefOf('search', '', { q: '', from: undefined })).toBe('/')
    expect(read('/nowhere/at/all?q=')).toEqual({ page: 'search', id: '', query: {} })
  })

  test('calls are still found where they were once', () => {
    expect(read('/?call=a%2Fb&message=3')).toEqual({
      page: 'call',
      id: 'a/b',
      query: { message: '3' },
    })
    expect(hrefOf('call', '..')).toBe('/?call=..')
  })
})

test('callPath takes any Call-ID, and apiPath leaves out what is empty', () => {
  expect(callPath('a/b@c?#%')).toBe('calls/a%2Fb%40c%3F%23%25')
  expect(callPath('\ud800')).toBe('calls/%EF%BF%BD')
  expect(apiPath('calls', { q: 'a b', from: '' })).toBe('/api/v1/calls?q=a+b')
  expect(apiPath('calls', { q: '' })).toBe('/api/v1/calls')
})
