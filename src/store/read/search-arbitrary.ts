// Random calls and random searches for the tests of search.
import fc from 'fast-check'
import { outcomeOf } from '#sip'
import { statusOf } from './call-row.ts'
import { parseCidr } from './cidr.ts'
import type { MergedCall } from './merged-call.ts'
import { arbitraryQuery } from './query-arbitrary.ts'
import type { NumberField, NumberRange, Term, TextField } from './query-terms.ts'
import { SECOND_US, type TestMessage, type TestSegment, traced } from './test-calls.ts'

// Few values, so that queries hit and calls share them; times far apart, near, and equal.
const users = ['alice', 'bob', '+4989123', '+4989777', 'o%_\\', 'ä']
const domains = ['a.example', 'B.example', '10.9.9.9']
const addresses = ['10.0.0.1', '10.0.0.2', '10.1.0.9', '2001:db8::1', '::ffff:10.0.0.1']
const starts = ['INVITE', 'REGISTER', 'BYE', 'ACK', 'CANCEL', '100', '180', '183', '200', '202']
const failures = ['401', '407', '404', '408', '486', '487', '503', '600']
const party = fc
  .tuple(fc.constantFrom(...users), fc.constantFrom(...domains))
  .map(([user, domain]) => `${user}@${domain}`)

const timeUs = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.integer({ min: 0, max: 20 }).map((n) => n * SECOND_US),
  fc.integer({ min: -40, max: 40 }).map((n) => n * 5_000 * SECOND_US),
)

const message: fc.Arbitrary<TestMessage> = fc.record({
  atUs: timeUs,
  start: fc.constantFrom(...starts, ...failures, 'no SIP'),
  from: party,
  to: party,
  ruri: party,
  cseq: fc.constantFrom('INVITE', 'INVITE', 'REGISTER', 'BYE'),
  userAgent: fc.constantFrom('', 'Phone 1.0', 'Trunk'),
  src: fc.constantFrom(...addresses),
  dst: fc.constantFrom(...addresses),
  headers: fc.constantFrom(
    ...[[], ['X-Foo: bar'], ['x-foo: Baz', 'X-Foo: bar']],
    ...[['X-RTP-Stat: MOS=3.21'], ['P-RTP-Stat: PR=90,PL=10,JI=0']],
  ),
  captureId: fc.constantFrom(1, 2001, 4_000_000_000),
  captureNode: fc.constantFrom('', 'edge-1', 'edge-2'),
  protocolType: fc.constantFrom(1, 1, 1, 1, 5, 100),
})

interface Dealt {
  readonly callId: string
  readonly segments: readonly TestSegment[]
}

const call = (callId: string): fc.Arbitrary<Dealt> =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), message), { minLength: 1, maxLength: 7 })
    .map((dealt) => ({
      callId,
      segments: [...Map.groupBy(dealt, ([segment]) => segment).values()].map((part) => ({
        callId,
        messages: part.map(([, fields]) => traced({ ...fields, callId })),
        ...(part.length % 2 ? { headers: { 'x-stored': part.length % 3 ? 'One' : 'two' } } : {}),
      })),
    }))

/** Some calls, in segments: ids alike and an empty one among them. */
export const calls = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, i) => call(i === 3 ? '' : `id-${i % 7}é${i}`))),
  )

const query = arbitraryQuery({
  piece: fc.constantFrom('', 'alice', 'bob', '+4989', '123', 'a', 'example', 'B', '@', '%', 'id-1'),
  header: fc.constantFrom('x-foo', 'x-stored', 'x-none'),
  address: fc.oneof(
    fc.constantFrom(...addresses),
    fc.constantFrom('10.0.0.0/8', '10.0.0.0/23', '::/0'),
  ),
  range: (field) => ranges(field === 'duration' || field === 'setup' ? 30 * SECOND_US : 610),
})

function ranges(max: number): fc.Arbitrary<NumberRange> {
  const end = fc.oneof(fc.integer({ min: 0, max }), fc.integer({ min: 0, max: 8 }))
  return fc
    .tuple(end, end, fc.boolean())
    .map(([a, b, open]) => ({ min: Math.min(a, b), max: open ? Infinity : Math.max(a, b) }))
}

const limits = fc.record({
  callsMax: fc.constantFrom(1, 3, 1_000),
  msMax: fc.constant(60_000),
  pendingMax: fc.constantFrom(0, 2, 1_000),
  rowsFirst: fc.constantFrom(1, 3, 100),
})

/** Terms that hold for a call, so that several together still find something. */
const truths: ((call: MergedCall) => Term | undefined)[] = [
  ({ state }) => text('from', state.fromUser),
  ({ state }) => text('to', state.toUser),
  ({ state }) => text('ruri', state.ruriUser),
  ({ state }) => text('method', state.method),
  ({ sentCallId }) => text('callid', sentCallId),
  ({ state }) => text('user', `${state.toUser}@${state.toDomain}`),
  ({ capturedBy }) => [...capturedBy].map((node) => text('node', node))[0],
  ({ statuses }) => [...statuses].map((status) => number('reply', status))[0],
  (call) => (statusOf(call) === undefined ? undefined : number('status', statusOf(call)!)),
  ({ mos }) => (mos === undefined ? undefined : number('mos', mos)),
  ({ captureIds }) => number('capture', Math.max(...captureIds)),
  ({ state }) => ({ kind: 'outcome', not: false, outcomes: [outcomeOf(state)] }),
  ({ hosts }) => ({
    kind: 'address',
    not: false,
    field: 'ip',
    blocks: [parseCidr([...hosts][0]!)!],
  }),
]

function text(field: TextField, value: string): Term {
  return { kind: 'text', not: false, field, header: '', globs: [[value]] }
}

function number(field: NumberField, value: number): Term {
  return { kind: 'number', not: false, field, ranges: [{ min: value, max: value }] }
}

/** A search, page by page, at some time. */
export const asked = fc.record({
  query,
  /** Instead of the random query: these truths of that call. */
  about: fc.option(fc.tuple(fc.nat(), fc.subarray(truths, { maxLength: 3 })), { nil: undefined }),
  limits,
  limit: fc.integer({ min: 1, max: 5 }),
  fromUs: fc.option(timeUs, { nil: undefined }),
  toUs: fc.option(timeUs, { nil: undefined }),
  nowUs: timeUs,
})

export type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never
