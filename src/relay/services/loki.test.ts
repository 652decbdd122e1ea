import { expect, test } from 'bun:test'
import { hostname } from 'node:os'
import type { FilterOptions } from '#filter'
import { encodeHep, PROTOCOL } from '#hep'
import { RelayRig } from '../testing/relay-rig.ts'
import { carryToService } from '../testing/service-carrier.ts'
import { ServiceRecorder } from '../testing/service-recorder.ts'

const AT_US = 1_795_000_000_123_456
const BETWEEN = { srcIp: '10.0.0.1', dstIp: '2001:db8::2', srcPort: 5060, dstPort: 5062 }
const HEAD = 'From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n\r\n'
const REQUEST = `INVITE sip:b@x SIP/2.0\r\n${HEAD}`
const RESPONSE = `SIP/2.0 486 Busy "Here" \\ \r\n${HEAD}`

const frame = (payload: string | Buffer, more: object = {}): Buffer =>
  encodeHep({ ...BETWEEN, atUs: AT_US, captureId: 2001, payload: Buffer.from(payload), ...more })

const FRAMES = [
  frame(REQUEST, { ipProtocol: 6 }),
  frame(RESPONSE, { ipProtocol: 17, captureNode: 'proxy "one"' }),
  frame('{"ssrc":9,"a":{"d":1,"c":2}}', { protocolType: PROTOCOL.rtcp, correlationId: 'c1' }),
  frame(Buffer.from('T38 \x00 gone \xff\n', 'latin1'), { protocolType: PROTOCOL.log }),
  frame('{}', { protocolType: PROTOCOL.rtpagent }),
]

interface Push {
  readonly streams: readonly {
    readonly stream: Record<string, string>
    readonly values: readonly (readonly [string, string])[]
  }[]
}

async function pushed(options: string, filter: FilterOptions = {}) {
  await using rig = await RelayRig.start()
  await using loki = new ServiceRecorder()
  rig.append(FRAMES)
  const { carrier, outlet } = carryToService(rig, `loki+http://${loki.host}${options}`, {
    ...{ login: 'Basic dTpw', filter },
  })
  await carrier.drain()
  expect(carrier.counts()).toMatchObject({ taken: FRAMES.length, rejected: 0 })
  return { posted: loki.posted, tally: outlet.tally!() }
}

test('lokiService pushes heplify-server labels and lines, gzipped, to the push endpoint', async () => {
  const { posted, tally } = await pushed('/loki/api/v1/push?org=voip')
  expect(posted).toHaveLength(1)
  const [{ path, headers, body }] = posted as [(typeof posted)[0]]
  expect(path).toBe('POST /loki/api/v1/push')
  expect(headers).toMatchObject({
    ...{ 'content-type': 'application/json', 'content-encoding': 'gzip' },
    ...{ 'x-scope-orgid': 'voip', authorization: 'Basic dTpw' },
  })
  const common = { job: 'heplify-server', hostname: hostname(), node: '2001' }
  const sip = { ...common, type: 'sip', method: 'INVITE' }
  const at = `${AT_US}000`
  expect((JSON.parse(body) as Push).streams).toEqual([
    { stream: { ...sip, response: 'INVITE', protocol: 'tcp' }, values: [[at, REQUEST]] },
    {
      stream: { ...sip, node: 'proxy "one"', response: '486', protocol: 'udp' },
      values: [[at, RESPONSE]],
    },
    {
      stream: { ...common, type: 'rtcp' },
      values: [[at, '{"a":{"c":2,"d":1},"cid":"c1","ssrc":9}']],
    },
    { stream: { ...common, type: 'log', protocol: 'fax' }, values: [[at, 'T38  gone \n']] },
  ])
  expect(tally.skipped).toBe(1) // rtpagent is not among heplify-server's types
})

test('lokiService adds addresses, Call-ID and parties where asked, with names Loki takes', async () => {
  const { posted } = await pushed('?labels=ip+call+parties&types=1')
  const { streams } = JSON.parse(posted[0]!.body) as Push
  expect(streams[0]!.stream).toMatchObject({
    ...{ src_ip: '10.0.0.1', src_port: '5060', dst_ip: '2001:db8::2', dst_port: '5062' },
    ...{ call_id: 'c1', from: '<sip:a@x>;tag=1', to: '<sip:b@x>' },
  })
  for (const { stream } of streams)
    for (const [name, value] of Object.entries(stream)) {
      expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
      expect(value).not.toBe('')
    }
})

test('lokiService sends frames as filters leave them, with the labels that scripts set', async () => {
  const text = `export default (hep, sip) => {
    if (hep.ProtoType === 100) return Discard()
    SetLokiLabel('tenant', sip ? sip.FromUser : 'none'); hep.NodeName = 'edge'
    if (sip) SetRawMessage(GetRawMessage().replaceAll('sip:a@x', 'sip:*@x'))
  }`
  const scripts = { files: [{ name: 'a.ts', text }], lokiLabels: ['tenant'] }
  const { posted, tally } = await pushed('?labels=parties', { scripts, censorMethods: ['BYE'] })
  const { streams } = JSON.parse(posted[0]!.body) as Push
  expect(streams.map(({ stream }) => [stream.type, stream.tenant, stream.node])).toEqual([
    ...[
      ['sip', 'a', 'edge'],
      ['sip', 'a', 'edge'],
      ['rtcp', 'none', 'edge'],
    ],
  ])
  expect(streams[0]!.values[0]![1]).toBe(REQUEST.replace('sip:a@x', 'sip:*@x'))
  expect(streams[0]!.stream.from).toBe('<sip:a@x>;tag=1') // fields are those of the message as it came
  expect(tally.skipped).toBe(2)
})
