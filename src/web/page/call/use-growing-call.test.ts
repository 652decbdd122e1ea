import { expect, test } from 'bun:test'
import { callOf } from './test-calls.ts'
import { placeOf } from './use-growing-call.ts'

test('placeOf finds a message again after others came before it, and tells repeats apart', () => {
  const invite = { way: 'a>b', label: 'INVITE', raw: 'INVITE' }
  const repeats = [
    { ...invite, ms: 0 },
    { ...invite, ms: 500 },
  ]
  const before = callOf(repeats)
  const after = callOf([
    { ms: -10, way: 'c>a', label: 'INVITE', raw: 'INVITE' },
    { ms: -5, way: 'a>b', label: 'INVITE', raw: 'INVITE', callId: 'two' },
    ...repeats,
  ])
  const places = before.messages.map((message) => placeOf(message, after))
  expect(places.map((place) => after.messages[place!])).toEqual([...before.messages])
  expect(places).toEqual([2, 3])
  expect(placeOf(undefined, after)).toBeUndefined()
  expect(placeOf({ ...before.messages[0]!, raw: 'BYE' }, after)).toBeUndefined()
})
