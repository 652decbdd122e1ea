import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type CallFacts, callFactsOf, joinLegs } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const SESSION = 'ab30317f1a784dc48ff824d0d3715d86'

/** A call with that Call-ID whose INVITE carries those headers; +sdp adds the same media everywhere. */
function facts(callId: string, headers = '', { ms = 0, flags = '' } = {}): CallFacts {
  return callFactsOf(callId, scriptCall(`${ms} a>p INVITE #1 ${flags} ${headers}`))
}

test('joinLegs joins what names the wanted Call-ID, and says so', () => {
  expect(joinLegs(facts('a'), [facts('b', '| X-CID: a'), facts('c')])).toEqual([
    { callId: 'b', score: 1, reasons: ['X-CID names this Call-ID'] },
  ])
})

test('joinLegs joins what the wanted call names', () => {
  expect(joinLegs(facts('b', '| Replaces: a;to-tag=1'), [facts('a')])).toEqual([
    { callId: 'a', score: 1, reasons: ['Replaces of this call names it'] },
  ])
})

test('joinLegs joins what carries the same identifier', () => {
  const legs = joinLegs(facts('a', `| Session-ID: ${SESSION} | P-Charging-Vector: icid-value=77`), [
    facts('b', `| Session-ID: ${'1'.repeat(32)};remote=${SESSION}`),
    facts('c', '| P-Charging-Vector: icid-value=77'),
  ])
  expect(legs).toEqual([
    { callId: 'b', score: 1, reasons: [`same Session-ID ${SESSION}`] },
    { callId: 'c', score: 1, reasons: ['same charging identifier 77'] },
  ])
})

test('joinLegs goes on from leg to leg and names the one in between', () => {
  const legs = joinLegs(facts('a'), [
    facts('d', `| Session-ID: ${SESSION}`),
    facts('c', `| X-CID: b | Session-ID: ${SESSION}`),
    facts('b', '| X-CID: a'),
  ])
  expect(legs.map(({ callId, reasons }) => [callId, ...reasons])).toEqual([
    ['b', 'X-CID names this Call-ID'],
    ['c', 'X-CID names Call-ID b'],
    ['d', `same Session-ID ${SESSION} as c`],
  ])
})

test('joinLegs joins by likeness with less certainty: users, time and SDP together', () => {
  const wanted = facts('a', '', { flags: '+sdp' })
  const alike = facts('b', '', { ms: 300, flags: '+sdp' })
  expect(joinLegs(wanted, [alike])).toEqual([
    {
      callId: 'b',
      score: 0.8,
      reasons: ['same caller and callee within 0.3 s, same SDP origin - 4711 10.0.0.1'],
    },
  ])
  expect(joinLegs(wanted, [facts('late', '', { ms: 2_100, flags: '+sdp' })])).toEqual([])
  expect(joinLegs(wanted, [facts('no SDP')])).toEqual([])
})

test('joinLegs takes a number with and without its country prefix for the same, less surely', () => {
  const wanted = facts('a', '', { flags: '+sdp' })
  const called = (toUser: string): CallFacts => {
    const other = facts('b', '', { flags: '+sdp' })
    return { ...other, state: { ...other.state, toUser } }
  }
  expect(joinLegs(wanted, [called('0089123456')]).map(({ score }) => score)).toEqual([0.7])
  expect(joinLegs(wanted, [called('3456')])).toEqual([])
  expect(joinLegs(wanted, [called('bob')])).toEqual([])
})

test('joinLegs does not go on from likeness to likeness', () => {
  const at = (callId: string, ms: number) => facts(callId, '', { ms, flags: '+sdp' })
  const legs = joinLegs(at('a', 0), [at('b', 1_900), at('c', 3_800), at('d', 5_700)])
  expect(legs.map(({ callId }) => callId)).toEqual(['b'])
})

test('joinLegs gives the same legs in the same order, however the candidates come', () => {
  const calls = ['b', 'c', 'd', 'e', 'f'].map((callId, i) =>
    facts(callId, i < 3 ? `| X-CID: ${'abc'[i]}` : `| Session-ID: ${SESSION}`),
  )
  const wanted = facts('a', `| Session-ID: ${SESSION}`)
  const expected = joinLegs(wanted, calls)
  expect(expected).toHaveLength(5)
  fc.assert(
    fc.property(fc.shuffledSubarray(calls, { minLength: 5 }), (shuffled) => {
      expect(joinLegs(wanted, shuffled)).toEqual(expected)
    }),
  )
})

test('joinLegs copes with calls of which only the keys are known', () => {
  const stored = { ...facts('b'), evidence: [{ key: 'callid:a', source: '' }], media: [] }
  expect(joinLegs(facts('a'), [stored])[0]?.reasons).toEqual(['a header of it names this Call-ID'])
})
