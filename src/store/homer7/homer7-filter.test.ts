// What filters and scripts make of homer7's rows, as heplify-server does.
import { expect, test } from 'bun:test'
import { callFrames } from '../write/test-spool.ts'
import { hep, homer7Rig } from './test-homer7.ts'

const script = (text: string) => ({ scripts: { files: [{ name: 'a.ts', text }] } })

test('Homer7Writer writes what scripts set into columns and headers, and leaves data_header as the message came', async () => {
  await using rig = await homer7Rig()
  rig.spool.append([
    ...callFrames('call-1', { steps: ['INVITE'] }),
    hep('a line', { protocolType: 100, correlationId: 'call-1' }),
  ])
  const filter = script(`export default (hep, sip) => {
    SetHEPField('SID', 'filed'); SetHEPField('CID', 'joined'); SetHEPField('NodeName', 'edge'); SetHEPField('SrcIP', '192.0.2.7')
    SetRawMessage(GetRawMessage().replaceAll('alice', '***'))
    if (!sip) return
    SetSIPHeader('ruri_user', 'nobody'); SetSIPHeader('Method', 'X'); SetCustomSIPHeader({ 'X-Own': 'o"w' }); SetSIPProfile('reg')
  }`)
  await rig.store({ filter })
  expect(await rig.rows('1_call')).toEqual([])
  const [row] = await rig.rows('1_registration')
  expect(row!.sid).toBe('filed')
  expect(row!.raw).toContain('From: <sip:***@a.example>')
  expect(row!.protocol_header).toMatchObject({
    ...{ srcIp: '192.0.2.7', captureId: 'edge', correlation_id: 'joined' },
  })
  expect(row!.data_header).toMatchObject({
    ...{ ruri_user: 'nobody', from_user: 'alice', method: 'X', callid: 'call-1', 'X-Own': 'o"w' },
  })
  const [log] = await rig.rows('100_default')
  expect([log!.sid, log!.raw]).toEqual(['joined', 'a line'])
})

test('Homer7Writer writes the other leg as correlation_id, and discards, censors and drops duplicates', async () => {
  await using rig = await homer7Rig()
  const atUs = Date.now() * 1000
  const call = callFrames('call-1', { atUs, headers: ['X-Leg: other'], steps: ['INVITE', '200'] })
  rig.spool.append([...call, ...call, ...callFrames('ping', { steps: ['OPTIONS'] })])
  const filter = { alegIds: ['X-Leg'], discardMethods: ['OPTIONS'], dedupMs: 500 }
  await rig.store({ filter: { ...filter, censorMethods: ['INVITE'] } })
  const rows = await rig.rows('1_call')
  expect(rows).toHaveLength(2)
  for (const { sid, raw, protocol_header } of rows) {
    expect(sid).toBe('call-1')
    expect(raw).toEndWith('\r\n\r\nxxxx')
    expect(protocol_header).toMatchObject({ correlation_id: 'other' })
  }
  expect(await rig.rows('1_default')).toEqual([])
})
