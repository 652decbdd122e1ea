// Elasticsearch and OpenSearch: POST /_bulk, with heplify-server's documents in heplify-server's daily
// indices, PREFIX-YYYY-MM-DD. Two things differ, both for the sake of frames that are sent twice:
//
//   _id       the frame's place in the spool, with `create`: the second time it is 409, which is as good
//             as taken
//   the day   of the frame's arrival here, in UTC: a repeat after midnight meets the same index
//
// The mapping type `hep` is left out, for servers from 8 on refuse it. `@timestamp` is added, so that the
// documents fit a data stream as well. NodePW, the agent's key, is never there.
import type { DescribedFrame } from './described-frame.ts'
import { isoMicros } from './described-frame.ts'
import { sipDocument } from './elastic-sip.ts'
import type { Service } from './service.ts'
import { type Answer, type Item, type Judgement, judgeStatus, type Rejected } from './service.ts'

export interface ElasticOptions {
  /** What the names of the indices begin with. */
  readonly index: string
  /** Ingest pipeline; '' = none. */
  readonly pipeline: string
}

// Only what is looked at: of a thousand documents the whole answer is some hundred kilobytes.
const FILTER = 'filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason'

export function elasticService({ index: prefix, pipeline }: ElasticOptions): Service {
  return {
    path: `/_bulk?${FILTER}${pipeline ? `&pipeline=${encodeURIComponent(pipeline)}` : ''}`,
    contentType: 'application/x-ndjson',
    headers: { accept: 'application/json' },
    write(frame, index) {
      const name = `${prefix}-${isoMicros(frame.receivedUs).slice(0, 10)}`
      const action = JSON.stringify({ create: { _index: name, _id: frame.id } })
      return { index, text: `${action}\n${JSON.stringify(documentOf(frame))}\n` }
    },
    join: (items) => items.map(({ text }) => text).join(''),
    judge: (answer, items) =>
      answer.status === 200 ? judgeItems(answer, items) : judgeStatus(answer),
  }
}

interface BulkItem {
  readonly create?: {
    readonly status?: number
    readonly error?: { readonly type?: string; readonly reason?: string }
  }
}

/** A bulk answer has an entry for every document, in their order. */
function judgeItems(answer: Answer, items: readonly Item[]): Judgement {
  const entries = entriesOf(answer.text)
  if (entries?.length !== items.length)
    return { kind: 'wait', why: 'the answer to a bulk request does not fit it', waitMs: 0 }
  const rejected: Rejected[] = []
  for (const [i, { create = {} }] of entries.entries()) {
    const { index } = items[i]!
    const { status = 0, error } = create
    const why = `${error?.type ?? status} ${error?.reason ?? ''}`.trim()
    if (isTaken(status)) continue
    if (!isForGood(status)) return { kind: 'taken', rejected, againFrom: { index, why } }
    rejected.push({ index, why: error?.type ?? String(status) })
  }
  return { kind: 'taken', rejected }
}

/** 409: it is there already. */
const isTaken = (status: number): boolean => (status >= 200 && status < 300) || status === 409

/** 429, 5xx, and what a person has to mend (403 a blocked index, 404 none) pass. */
const isForGood = (status: number): boolean => status === 400 || status === 413 || status === 422

function entriesOf(text: string): readonly BulkItem[] | undefined {
  try {
    const { items } = JSON.parse(text) as { items?: readonly BulkItem[] }
    return Array.isArray(items) ? items : undefined
  } catch {
    return undefined
  }
}

function documentOf(frame: DescribedFrame) {
  const { packet, sip, type, node, text, atUs, cid, sid, targetName, labels } = frame
  const at = isoMicros(atUs)
  return {
    '@timestamp': at,
    Version: packet.ipFamily,
    Protocol: packet.ipProtocol,
    SrcIP: packet.srcIp,
    DstIP: packet.dstIp,
    SrcPort: packet.srcPort,
    DstPort: packet.dstPort,
    Tsec: Math.floor(atUs / 1e6),
    Tmsec: atUs % 1e6,
    ProtoType: packet.protocolType,
    NodeID: packet.captureId,
    NodePW: '',
    Payload: text,
    CID: cid,
    Vlan: packet.vlan,
    ProtoString: type,
    Timestamp: at,
    SIP: sip ? sipDocument(sip, frame.headersIn, frame.alegId) : null,
    NodeName: node,
    TargetName: targetName,
    SID: sid,
    CustomLokiLabels: Object.keys(labels).length > 0 ? labels : null,
  }
}
