import { expect, test } from 'bun:test'
import { ALICE, counted, hepFrame, PROXY, sipFrame } from './test-rig.ts'

test('FrameMeter counts packets and their size by node and type, whatever they hold', async () => {
  const said = await counted([
    sipFrame('OPTIONS', ALICE, PROXY, 0, { callId: 'a' }),
    sipFrame('OPTIONS', ALICE, PROXY, 0, { callId: 'b' }),
    hepFrame('no SIP at all'),
    hepFrame('{}', { protocolType: 5, captureNode: '' }),
    hepFrame('query', { protocolType: 53 }),
    hepFrame('IAM', { protocolType: 54 }),
  ])
  expect(said('heplify_packets_total')).toEqual({
    'edge sip': 3,
    '2001 rtcp': 1,
    'edge dns': 1,
    'edge 54': 1,
  })
  expect(said('heplify_packets_size')['2001 rtcp']).toBe(2)
  expect(said('heplify_packets_size')['edge sip']).toBe('no SIP at all'.length)
  expect(said('calliope_payload_bytes')['edge sip']).toBe(3)
})

test('FrameMeter counts the same of a message that the skim passes on to the parser', async () => {
  const odd = { headers: ['Subject: folded', ' line'], callId: 'x' }
  const folded = { callId: 'y\r\n ', headers: [] }
  for (const shown of [odd, folded]) {
    const said = await counted([
      sipFrame('INVITE', ALICE, PROXY, 0, shown),
      sipFrame('180', PROXY, ALICE, 40, shown),
    ])
    expect(said('heplify_method_response')).toEqual({
      '  edge INVITE INVITE': 1,
      '  edge 180 INVITE': 1,
    })
    expect(said('heplify_kpi_srd')).toEqual({ ' edge': 40e6 })
  }
})

test('FrameMeter leaves out what the filter discards', async () => {
  const frames = [
    sipFrame('OPTIONS', ALICE, PROXY),
    sipFrame('INVITE', ALICE, PROXY),
    hepFrame('{}', { protocolType: 5 }),
  ]
  const said = await counted(frames, [], { discardMethods: ['OPTIONS'] })
  expect(said('heplify_packets_total')).toEqual({ 'edge sip': 1, 'edge rtcp': 1 })
  expect(said('heplify_method_response')).toEqual({ '  edge INVITE INVITE': 1 })
})

test('FrameMeter gives nodes beyond the thousandth one label together', async () => {
  const frames = Array.from({ length: 1010 }, (_, i) => hepFrame('x', { captureNode: `node-${i}` }))
  const said = (await counted(frames))('heplify_packets_total')
  expect(said['node-999 sip']).toBe(1)
  expect(said['other sip']).toBe(10)
})
