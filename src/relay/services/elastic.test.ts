import { expect, test } from 'bun:test'
import { encodeHep } from '#hep'
import { RelayRig } from '../testing/relay-rig.ts'
import { carryToService } from '../testing/service-carrier.ts'
import { type Posted, ServiceRecorder } from '../testing/service-recorder.ts'

type Fate = { status: number; type: string } | undefined

/** As much of a server as matters: strict about the bulk format, keeps each id once. */
class FakeElastic {
  readonly documents = new Map<string, Record<string, unknown>>()
  readonly indices = new Set<string>()
  repeats = 0
  readonly #fateOf: (cseq: number) => Fate

  constructor(fateOf: (cseq: number) => Fate = () => undefined) {
    this.#fateOf = fateOf
  }

  bulk({ path, headers, body }: Posted): Response {
    expect(path).toStartWith('POST /_bulk?filter_path=errors,items.')
    expect(headers['content-type']).toBe('application/x-ndjson')
    expect(body.endsWith('\n')).toBe(true)
    const lines = body.slice(0, -1).split('\n')
    expect(lines.length % 2).toBe(0)
    const items = []
    for (let i = 0; i < lines.length; i += 2)
      items.push({ create: this.#create(JSON.parse(lines[i]!), JSON.parse(lines[i + 1]!)) })
    return Response.json({ errors: items.some(({ create }) => create.status > 299), items })
  }

  #create(
    action: { create: { _index: string; _id: string } },
    document: Record<string, unknown> & { SIP: { CseqVal: string } },
  ) {
    const { _index, _id, ...rest } = action.create
    expect(rest).toEqual({})
    expect(Buffer.byteLength(_id)).toBeLessThanOrEqual(512)
    const fate = this.#fateOf(Number.parseInt(document.SIP.CseqVal, 10))
    if (fate) return { status: fate.status, error: { type: fate.type, reason: `field [${_id}]` } }
    this.indices.add(_index)
    if (!this.documents.has(_id)) {
      this.documents.set(_id, document)
      return { status: 201 }
    }
    this.repeats++
    return { status: 409, error: { type: 'version_conflict_engine_exception' } }
  }
}

const numbers = ({ documents }: FakeElastic): number[] =>
  [...documents.values()]
    .map((document) => Number.parseInt((document.SIP as { CseqVal: string }).CseqVal, 10))
    .sort((a, b) => a - b)

test('elasticService writes heplify-server documents into the index of the day', async () => {
  await using rig = await RelayRig.start()
  const elastic = new FakeElastic()
  await using server = new ServiceRecorder((posted) => elastic.bulk(posted))
  const head = 'Via: SIP/2.0/UDP h;branch=z9\r\nFrom: "A" <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\n'
  const payload = `INVITE sip:b@y SIP/2.0\r\n${head}Call-ID: c1\r\nCSeq: 7 INVITE\r\nContact: <sip:a@10.0.0.1:5060>\r\n\r\nv=0\r\n`
  const addresses = { srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5062 }
  const frame = { ...addresses, atUs: 1_795_000_000_123_456, captureId: 2001, authKey: 'secret' }
  rig.append([encodeHep({ ...frame, payload: Buffer.from(payload) })])
  const { carrier } = carryToService(rig, `opensearch+http://${server.host}/_bulk?index=hep`, {
    login: 'ApiKey abc',
  })
  await carrier.drain()
  expect(server.posted[0]!.headers.authorization).toBe('ApiKey abc')
  expect([...elastic.indices]).toEqual([`hep-${new Date().toISOString().slice(0, 10)}`])
  expect([...elastic.documents.values()]).toEqual([
    {
      '@timestamp': '2026-11-18T11:06:40.123456Z',
      ...{ Version: 2, Protocol: 17, SrcIP: '10.0.0.1', DstIP: '10.0.0.2', SrcPort: 5060 },
      ...{ DstPort: 5062, Tsec: 1_795_000_000, Tmsec: 123_456, ProtoType: 1, NodeID: 2001 },
      ...{ NodePW: '', Payload: payload, CID: 'c1', Vlan: 0, ProtoString: 'sip' },
      Timestamp: '2026-11-18T11:06:40.123456Z',
      SIP: {
        ...{ CallID: 'c1', CseqVal: '7 INVITE', CseqMethod: 'INVITE', FirstMethod: 'INVITE' },
        ...{ FromUser: 'a', FromHost: 'x', FromTag: '1', ToUser: 'b', ToHost: 'y' },
        ...{ URIUser: 'b', URIHost: 'y', ViaOne: 'SIP/2.0/UDP h;branch=z9', ViaOneBranch: 'z9' },
        ...{ ContactVal: '<sip:a@10.0.0.1:5060>', ContactUser: 'a', ContactHost: '10.0.0.1' },
        ...{ From: { Val: '"A" <sip:a@x>;tag=1' }, To: { Val: '<sip:b@y>' } },
      },
      ...{ NodeName: '2001', TargetName: '', SID: 'c1', CustomLokiLabels: null },
    },
  ])
})

test('elasticService: lost answers, full queues and bad documents leave each good frame once', async () => {
  await using rig = await RelayRig.start()
  let busy = 2
  const elastic = new FakeElastic((cseq) => {
    if (cseq % 1_000 === 13) return { status: 400, type: 'document_parsing_exception' }
    if (cseq === 1_500 && busy-- > 0)
      return { status: 429, type: 'es_rejected_execution_exception' }
    return undefined
  })
  await using server = new ServiceRecorder((posted, count) => {
    const answer = elastic.bulk(posted)
    if (count === 2) return new Response('gone', { status: 502 }) // taken, and nobody was told
    return answer
  })
  rig.write(5_000)
  const { carrier, outlet } = carryToService(rig, `elastic+http://${server.host}?batch=300`)
  await carrier.drain()
  const good = Array.from({ length: 5_000 }, (_, n) => n).filter((n) => n % 1_000 !== 13)
  expect(numbers(elastic)).toEqual(good)
  expect(elastic.repeats).toBeGreaterThan(0)
  expect(carrier.counts()).toMatchObject({ taken: 4_995, rejected: 5, settled: 5_000 })
  expect(outlet.tally!().refused.get('document_parsing_exception')).toBe(5)
})
