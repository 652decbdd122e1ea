import { expect, test } from 'bun:test'
import type { TracedMessage } from '#sip'
import { KpiCounter } from './kpi-counter.ts'
import { callFrames } from './test-spool.ts'
import { traceRecord } from './trace.ts'

const MINUTE_US = 60_000_000
const START_US = 1_795_219_200_000_000
const rules = {
  ...{ behindMsMax: 1e15, aheadMsMax: 1e15 },
}

/** The messages of a call, 10 ms apart. */
function call(callId: string, steps: readonly string[], atUs = START_US): TracedMessage[] {
  return callFrames(callId, { steps, atUs }).map((bytes) => {
    const from = { transport: 'udp' as const, peerIp: '10.0.0.1', peerPort: 1 }
    const record = { kind: 'frame' as const, receivedUs: START_US, bytes, ...from }
    const traced = traceRecord(record, rules, START_US)
    if (traced.kind === 'refused') throw new Error(traced.detail)
    return traced.message
  })
}

function countsOf(...batches: readonly TracedMessage[][]) {
  const counter = new KpiCounter()
  for (const batch of batches) counter.count(batch)
  return counter.take()
}

const first = (kpis: ReturnType<typeof countsOf>) => [...kpis.values()][0]!

test('KpiCounter counts a call once, though taps and retransmissions repeat it', () => {
  const answered = call('a', ['INVITE', '100', '180', '200', 'ACK', 'BYE', '200 BYE'])
  const counts = first(countsOf([...answered, ...answered], answered, answered.slice(0, 4)))
  expect(counts).toMatchObject({ attempts: 1, answered: 1, failed: 0, cancelled: 0, messages: 25 })
  expect(counts).toMatchObject({ setupCount: 1, setupMsSum: 20 })
  expect(counts.setupHistogram[0]).toBe(1)
})

test('KpiCounter counts the same however the messages were dealt out over batches', () => {
  const steps = ['INVITE', '100', '180', '200', 'ACK', 'BYE', '200 BYE']
  const messages = call('a', steps)
  const whole = first(countsOf(messages))
  for (let cut = 1; cut < steps.length; cut++) {
    expect(first(countsOf(messages.slice(0, cut), messages.slice(cut)))).toEqual(whole)
  }
})

test('KpiCounter puts what happens later into the minute of the attempt', () => {
  const kpis = countsOf(
    call('a', ['INVITE'], START_US + MINUTE_US - 1),
    call('a', ['200'], START_US + MINUTE_US + 30_000_000),
  )
  expect(kpis.get(START_US)).toMatchObject({ attempts: 1, answered: 1, setupMsSum: 30_000 })
  expect(kpis.get(START_US + MINUTE_US)).toMatchObject({ attempts: 0, answered: 0, messages: 1 })
})

test('KpiCounter tells failed, cancelled and challenged calls apart', () => {
  const counter = new KpiCounter()
  counter.count(call('busy', ['INVITE', '100', '486', 'ACK']))
  counter.count(call('gone', ['INVITE', '404', 'ACK']))
  counter.count(call('given-up', ['INVITE', '180', 'CANCEL', '200 CANCEL', '487', 'ACK']))
  counter.count(call('asked', ['INVITE', '407', 'ACK', 'INVITE 2', '200 INVITE 2', 'ACK 2']))
  counter.count(call('second-try', ['INVITE', '503', '200']))
  const counts = first(counter.take())
  expect(counts).toMatchObject({ attempts: 5, failed: 2, cancelled: 1, answered: 2 })
  expect(counts.failures).toEqual({ 486: 1, 404: 1 })
})

test('KpiCounter does not count the answer to a re-INVITE of a call it did not see begin', () => {
  expect(first(countsOf(call('old', ['200', 'ACK'])))).toMatchObject({ attempts: 0, answered: 0 })
})

test('KpiCounter counts each registration once, challenged or not', () => {
  const challenged = ['REGISTER 1', '401 REGISTER 1', 'REGISTER 2', '200 REGISTER 2']
  const refresh = ['REGISTER 3', '200 REGISTER 3']
  const counter = new KpiCounter()
  counter.count(call('r', challenged))
  counter.count(call('r', challenged))
  counter.count(call('r', refresh))
  counter.count(call('refused', ['REGISTER 1', '403 REGISTER 1']))
  expect(first(counter.take())).toMatchObject({ registrations: 3, registered: 2, attempts: 0 })
})
