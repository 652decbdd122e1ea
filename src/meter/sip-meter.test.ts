import { expect, test } from 'bun:test'
import { ALICE, BOB, counted, PROXY, sipFrame } from './test-rig.ts'

const METHOD_RESPONSE = 'heplify_method_response'

/** alice ─▶ proxy ─▶ bob, every message seen at both hops. */
const call = (callId = 'call-1', more: { headers?: string[] } = {}) => [
  sipFrame('INVITE', ALICE, PROXY, 0, { callId }),
  sipFrame('INVITE', PROXY, BOB, 5, { callId }),
  sipFrame('180', BOB, PROXY, 200, { callId }),
  sipFrame('180', PROXY, ALICE, 250, { callId }),
  sipFrame('200', BOB, PROXY, 3000, { callId }),
  sipFrame('200', PROXY, ALICE, 3010, { callId }),
  sipFrame('ACK', ALICE, PROXY, 3050, { callId, toTag: 'b1' }),
  sipFrame('BYE', ALICE, PROXY, 9000, { callId, cseq: 2, toTag: 'b1', ...more }),
  sipFrame('200 BYE', PROXY, ALICE, 9010, { callId, cseq: 2 }),
]

test('without targets SipMeter counts a message once, at however many hops it is seen', async () => {
  const said = await counted([...call(), ...call()])
  expect(said(METHOD_RESPONSE)).toEqual({
    '  edge INVITE INVITE': 1,
    '  edge 180 INVITE': 1,
    '  edge 200 INVITE': 1,
    '  edge ACK ACK': 1,
    '  edge BYE BYE': 1,
    '  edge 200 BYE': 1,
  })
})

test('without targets SipMeter takes the leg of a back-to-back agent for the same call', async () => {
  const said = await counted([...call(), ...call('call-1_b2b-1'), ...call('call-1_b2b-1_b2b-1')])
  expect(said(METHOD_RESPONSE)['  edge INVITE INVITE']).toBe(1)
})

test('with targets SipMeter counts every message for each end that is one', async () => {
  const said = await counted(call(), [`${PROXY}=proxy`, `${BOB}=bob`])
  expect(said(METHOD_RESPONSE)).toEqual({
    'proxy dst edge INVITE INVITE': 1,
    'proxy src edge INVITE INVITE': 1,
    'bob dst edge INVITE INVITE': 1,
    'bob src edge 180 INVITE': 1,
    'proxy dst edge 180 INVITE': 1,
    'proxy src edge 180 INVITE': 1,
    'bob src edge 200 INVITE': 1,
    'proxy dst edge 200 INVITE': 1,
    'proxy src edge 200 INVITE': 1,
    'proxy dst edge ACK ACK': 1,
    'proxy dst edge BYE BYE': 1,
    'proxy src edge 200 BYE': 1,
  })
})

test('with targets SipMeter counts messages between strangers as unknown', async () => {
  const said = await counted(call(), ['192.0.2.1=elsewhere'])
  expect(said(METHOD_RESPONSE)['unknown  edge INVITE INVITE']).toBe(2)
  expect(said('heplify_kpi_srd')).toEqual({})
})

test('SipMeter tells the session request delay at the hop of the caller, in nanoseconds and as a histogram', async () => {
  const said = await counted(call())
  expect(said('heplify_kpi_srd')).toEqual({ ' edge': 250e6 })
  expect(said('calliope_session_request_delay_seconds')).toEqual({ ' edge': 1 })
})

test('SipMeter names the target of the caller in delays, else the other one', async () => {
  const asked = async (target: string) =>
    Object.keys((await counted(call(), [target]))('heplify_kpi_srd'))
  expect(await asked(`${ALICE}=alice`)).toEqual(['alice edge'])
  expect(await asked(`${PROXY}=proxy`)).toEqual(['proxy edge'])
})

test('SipMeter takes no INVITE within a dialog for the beginning of a call', async () => {
  const said = await counted([
    sipFrame('INVITE', ALICE, PROXY, 0, { cseq: 3, toTag: 'b1' }),
    sipFrame('200', PROXY, ALICE, 70, { cseq: 3 }),
  ])
  expect(said('heplify_kpi_srd')).toEqual({})
})

test('SipMeter tells the delay of a registration with its challenge, and begins anew after a failure', async () => {
  const said = await counted([
    sipFrame('REGISTER', ALICE, PROXY, 0, { cseq: 1 }),
    sipFrame('403 REGISTER', PROXY, ALICE, 20, { cseq: 1 }),
    sipFrame('REGISTER', ALICE, PROXY, 60_000, { cseq: 2 }),
    sipFrame('401 REGISTER', PROXY, ALICE, 60_010, { cseq: 2 }),
    sipFrame('REGISTER', ALICE, PROXY, 60_030, { cseq: 3 }),
    sipFrame('200 REGISTER', PROXY, ALICE, 60_080, { cseq: 3 }),
  ])
  expect(said('heplify_kpi_rrd')).toEqual({ ' edge': 80e6 })
})

test('SipMeter reads the Q.850 cause of a Reason header, not that of SIP beside it', async () => {
  const headers = ['Reason: SIP;cause=200;text="ok", Q.850;cause=16;text="Normal call clearing"']
  expect((await counted(call('c', { headers })))('heplify_reason_isup_total')).toEqual({
    ' 16 BYE': 1,
  })
  const busy = sipFrame('486', BOB, PROXY, 0, { headers: ['reason: q.850 ;cause=17'] })
  expect((await counted([busy], [`${BOB}=bob`]))('heplify_reason_isup_total')).toEqual({
    'bob 17 486': 1,
  })
  expect((await counted([busy], [`${PROXY}=proxy`]))('heplify_reason_isup_total')).toEqual({})
})

test('SipMeter gives methods that anybody made up one label together', async () => {
  const frames = Array.from({ length: 300 }, (_, i) =>
    sipFrame(`MADEUP${i}`, ALICE, PROXY, i, { callId: `call-${i}` }),
  )
  const said = (await counted(frames))(METHOD_RESPONSE)
  expect(said['  edge MADEUP7 MADEUP7']).toBe(1)
  expect(said['  edge other other']).toBe(200)
})
