// heplify-server's script functions, one after the other, as scripts use them.
import { expect, test } from 'bun:test'
import { invite, packetOf } from '../test-packet.ts'
import { scriptRig } from './script-rig.ts'

test('scripts read the packet with the functions heplify-server has for it', async () => {
  using rig = await scriptRig(`export function tell() {
    const hep = GetHEPStruct(), sip = GetSIPStruct()
    Print(GetHEPProtoType(), GetHEPSrcIP(), GetHEPSrcPort(), GetHEPDstIP(), GetHEPDstPort())
    Print(GetHEPTimeSeconds(), GetHEPTimeUseconds(), GetHEPNodeID(), GetHEPCID(), GetSIPCallID())
    Print(hep.NodeName, hep.ProtoString, hep.Protocol, hep.Payload === GetRawMessage(), hep.SIP === sip)
    Print(sip.FromUser, sip.FromHost, sip.FromTag, sip.ToUser, sip.URIUser, sip.URIHost, sip.CseqVal)
    Print(sip.ContactUser, sip.ContactHost, sip.UserAgent, sip.ViaOneBranch, sip.FirstMethod, sip.Body)
    Logp('ERROR', 'about', { a: 1 })
  }`)
  rig.run(packetOf(invite(), { ipProtocol: 17, captureNode: 'edge', correlationId: 'cid' }))
  expect(rig.said).toEqual([
    'INFO 1 10.0.0.1 5060 10.0.0.2 5062',
    'INFO 1795000000 123456 2001 cid c1@a.example',
    'INFO edge sip 17 true true',
    'INFO alice a.example f1 bob bob b.example 1 INVITE',
    'INFO alice 10.0.0.1 phone z9hG4bK1 INVITE v=0\r\nbody',
    'ERROR about: {"a":1}',
  ])
  expect(rig.counts.get('scriptChanges')).toBe(0)
})

test('scripts never see the key of an agent', async () => {
  using rig = await scriptRig('export default (hep) => { Print(JSON.stringify(hep)) }')
  rig.run(packetOf(invite(), { authKey: 'hush-hush' }))
  expect(rig.said[0]).toContain('"SrcIP":"10.0.0.1"')
  expect(rig.said.join()).not.toContain('hush-hush')
})

test('SetHEPField and SetRawMessage change the packet, and later functions see it', async () => {
  using rig = await scriptRig([
    `export function first() {
      SetHEPField('SrcIP', '2001:db8::1'); SetHEPField('SrcPort', '1'); SetHEPField('DstIP', '192.0.2.9')
      SetHEPField('DstPort', 2); SetHEPField('NodeID', '7'); SetHEPField('NodeName', 'core')
      SetHEPField('CID', 'leg'); SetHEPField('SID', 'call'); SetHEPField('TargetName', 'sbc')
      SetRawMessage(GetRawMessage().replace('alice', 'a****'))
    }`,
    `export function second(hep) {
      Print(GetHEPSrcIP(), GetHEPNodeID(), GetRawMessage().includes('a****'), hep.SID)
    }`,
  ])
  const { packet, said, sip, headersIn } = rig.run()
  expect(packet).toMatchObject({
    ...{ srcIp: '2001:db8::1', srcPort: 1, dstIp: '192.0.2.9', dstPort: 2, ipFamily: 10 },
    ...{ captureId: 7, captureNode: 'core', correlationId: 'leg' },
  })
  expect(packet.payload.toString()).toBe(invite().replace('alice', 'a****'))
  expect(headersIn.toString()).toBe(invite())
  expect(said).toMatchObject({ sid: 'call', targetName: 'sbc' })
  expect(sip).toMatchObject({ callId: 'call', fromUser: 'alice' })
  expect(packet.payload.subarray(sip!.bodyAt).toString()).toBe('v=0\r\nbody')
  expect(rig.said).toEqual(['INFO 2001:db8::1 7 true call'])
})

test('SetHEPField may make another type of a packet', async () => {
  using rig = await scriptRig("export default () => SetHEPField('ProtoType', 100)")
  expect(rig.run()).toMatchObject({ packet: { protocolType: 100 }, sip: undefined })
})

test('SetSIPHeader takes both names of a field, and makes custom headers of all others', async () => {
  using rig = await scriptRig(`export default (hep, sip) => {
    SetSIPHeader('FromHost', '1.1.1.1'); SetSIPHeader('from_user', 'u'); SetSIPHeader('Method', 'X')
    SetSIPHeader('pid_user', 'p'); SetSIPHeader('X-Own', 5); SetCustomSIPHeader({ 'X-Two': 'two' })
    sip.ToUser = 'live'; SetSIPProfile('Reg'); SetSIPHeader('CallID', 'other@x')
    Print(sip.FromHost, sip.PaiUser, sip.FirstMethod)
  }`)
  const { said, sip } = rig.run()
  expect(said).toMatchObject({
    fields: {
      ...{ from_domain: '1.1.1.1', from_user: 'u', method: 'X', pid_user: 'p', to_user: 'live' },
      callid: 'other@x',
    },
    headers: { 'X-Own': '5', 'X-Two': 'two' },
    profile: 'registration',
  })
  expect(sip).toMatchObject({ fromDomain: '1.1.1.1', fromUser: 'u', method: 'X', toUser: 'live' })
  expect(sip).toMatchObject({ callId: 'other@x', cseqMethod: 'INVITE' })
  expect(rig.said).toEqual(['INFO 1.1.1.1 p X'])
})

test('SetSIPHeader says so of a packet that is no SIP, which goes on', async () => {
  using rig = await scriptRig(
    "export default (hep, sip) => { SetSIPHeader('FromUser', String(sip)) }",
  )
  const log = packetOf('line', { protocolType: 100 })
  expect(rig.run(log).packet).toBe(log)
  expect(rig.said).toEqual(['ERROR SetSIPHeader: this packet is not SIP'])
})

test('SetLokiLabel sets what is allowed, with names and values Loki takes, five at most', async () => {
  using rig = await scriptRig(
    `export default () => {
      for (const name of ['tenant', 'job', 'bad-name', 'other', 'a', 'b', 'c', 'd', 'e']) SetLokiLabel(name, name)
      SetLokiLabel('b', ''); SetLokiLabel('c', 'x'.repeat(1025))
    }`,
    { lokiLabels: ['tenant', 'job', 'bad-name', 'a', 'b', 'c', 'd', 'e'] },
  )
  expect(Object.keys(rig.run().said!.lokiLabels)).toEqual(['tenant', 'a', 'd', 'e'])
})

test('HashTable keeps texts from packet to packet, and HashString hashes as heplify-server does', async () => {
  using rig = await scriptRig(`export default () => {
    const seen = Number(HashTable('get', 'n') || 0)
    HashTable('set', 'n', seen + 1)
    if (seen === 2) HashTable('del', 'n')
    Print(seen, HashString('md5', 'a'), HashString('sha1', 'a').length, HashString('none', 'a'))
  }`)
  for (let i = 0; i < 4; i++) rig.run()
  expect(rig.said.map((line) => line.split(' ')[1])).toEqual(['0', '1', '2', '0'])
  expect(rig.said[0]).toBe('INFO 0 0cc175b9c0f1b6a831c399e269772661 40 a')
})

test('Discard keeps a packet from everybody, and is counted', async () => {
  using rig = await scriptRig("export default (hep, sip) => { if (sip) Discard('no calls') }")
  const { filter, counts } = rig
  const answer = filter.apply(packetOf(), { lane: 'a', number: 1, receivedUs: 0 })
  expect(answer).toMatchObject({ kind: 'discarded', reason: 'discarded' })
  expect(answer).toHaveProperty('detail', 'a script says: no calls')
  expect(rig.run(packetOf('line', { protocolType: 100 })).kind).toBe('passed')
  expect(counts.get('discarded')).toBe(1)
})

test('scripts run over the types they are for, in the order of files and of functions in them', async () => {
  using rig = await scriptRig(
    [
      "export function z() { Print('z') }\nexport const b = () => Print('b')\nexport const limit = 3",
      "export default () => Print('second file')",
    ],
    { protocolTypes: [1] },
  )
  rig.run()
  rig.run(packetOf('line', { protocolType: 100 }))
  expect(rig.said).toEqual(['INFO z', 'INFO b', 'INFO second file'])
  expect([1, 100].map((type) => rig.filter.mayChange(type, ''))).toEqual([true, false])
})
