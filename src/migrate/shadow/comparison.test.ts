import { expect, test } from 'bun:test'
import { Comparison, type Finding, nameOf } from './comparison.ts'
import type { Sighting } from './sighting.ts'

const seen = (n: number, rest: Partial<Sighting> = {}): Sighting => ({
  ...{ atUs: 1e15 + n, hepType: 1, src: '10.0.0.1 5060', dst: '10.0.0.2 5060' },
  ...{ callId: `call-${n}`, correlationId: '', node: '2001', digest: BigInt(n) },
  ...{ payloadBytes: 400, label: 'OPTIONS', clockClamped: false, isSound: true },
  ...rest,
})

function compare(homer: readonly Sighting[], calliope: readonly Sighting[], options = {}) {
  const findings: Finding[] = []
  const comparison = new Comparison({ onFinding: (finding) => findings.push(finding), ...options })
  comparison.add(homer, calliope, 1e15)
  comparison.finish()
  return { same: comparison.counts.same, names: findings.map(nameOf).sort() }
}

test('Comparison finds that equal recordings are equal, in whatever order', () => {
  const all = Array.from({ length: 50 }, (_, n) => seen(n))
  expect(compare(all, all.toReversed())).toEqual({ same: 50, names: [] })
})

test('Comparison counts: of two equal messages both must have been recorded by both', () => {
  const { same, names } = compare([seen(1)], [seen(1), seen(1)])
  expect(same).toBe(1)
  expect(names).toEqual([expect.stringContaining('missing in heplify-server')])
})

test('Comparison tells what differs of a message that both have', () => {
  expect(compare([seen(1)], [seen(1, { atUs: 5 })]).names).toEqual(['time differs'])
  expect(compare([seen(1)], [seen(1, { digest: 9n })]).names).toEqual(['payload differs'])
  const other = seen(1, { callId: 'x', correlationId: 'y', node: 'z' })
  expect(compare([seen(1)], [other])).toEqual({
    same: 0,
    names: ['agent differs', 'call-id differs', 'correlation-id differs'],
  })
})

test('Comparison waits for a message that the other puts at another time, and then no longer', () => {
  const names: string[] = []
  const onFinding = (finding: Finding) => names.push(nameOf(finding))
  const comparison = new Comparison({ onFinding, patienceUs: 60e6 })
  comparison.add([seen(1), seen(2)], [], 1e15)
  comparison.add([], [seen(1, { atUs: 1e15 + 30e6 })], 1e15 + 30e6)
  expect(names).toEqual(['time differs'])
  comparison.add([], [], 1e15 + 61e6)
  expect(names.at(-1)).toStartWith('missing in Calliope')
})

test('Comparison keeps no more waiting than it may', () => {
  const many = Array.from({ length: 100 }, (_, n) => seen(n))
  const names: string[] = []
  const onFinding = (finding: Finding) => names.push(nameOf(finding))
  new Comparison({ onFinding, waitingMax: 10 }).add(many, [], 1e15)
  expect(names).toHaveLength(90)
})

test('causeOfMissing knows what heplify-server loses by design', () => {
  const lost = (rest: Partial<Sighting>) => compare([], [seen(1, rest)]).names[0]
  expect(lost({ hepType: 53, correlationId: 'x' })).toMatch(/no table for DNS/)
  expect(lost({ hepType: 100 })).toMatch(/nothing without a correlation id/)
  expect(lost({ clockClamped: true })).toMatch(/no partition for that time/)
  expect(lost({ payloadBytes: 32 })).toMatch(/less than 33 bytes/)
  expect(lost({ node: 'ed"ge' })).toMatch(/breaks its JSON/)
  expect(lost({ isSound: false })).toMatch(/cannot read as SIP/)
  expect(lost({})).toMatch(/dropped with its batch/)
})
