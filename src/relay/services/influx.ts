// Influx line protocol over HTTP, with heplify-server's points:
//
//   hep_TYPE,dst_ip=…,dst_port=…,src_ip=…,src_port=…
//     create_date=MSi,payload="…",payload_size=Ni[,sip_method="…",call_id="…"] NS
//
//   v1   /write?db=&rp=            InfluxDB 1, VictoriaMetrics, and what heplify-server writes to
//   v2   /api/v2/write?org=&bucket=
//   v3   /api/v3/write_lp?db=
//
// A point with the same tags and time takes the place of the one before: a repeat does no harm, but two
// packets of one microsecond between the same ports would be one. Packets have no nanoseconds, so the last
// three digits are the frame's number in its lane: the same in every repeat, another in the next frame.
import type { DescribedFrame } from './described-frame.ts'
import { type Point, writePoint } from './line-protocol.ts'
import { type Answer, judgeStatus, type Service, waitForPerson } from './service.ts'

export const INFLUX_VERSIONS = ['v1', 'v2', 'v3'] as const

export interface InfluxOptions {
  readonly api: (typeof INFLUX_VERSIONS)[number]
  readonly database: string
  readonly retentionPolicy: string
  readonly organisation: string
  readonly bucket: string
  /** Whether control characters in texts are written as in JSON. */
  readonly isEscaped: boolean
}

export function influxService(options: InfluxOptions): Service {
  return {
    path: pathOf(options),
    contentType: 'text/plain; charset=utf-8',
    headers: {},
    write: (frame, index) => ({ index, text: writePoint(pointOf(frame), options.isEscaped) }),
    join: (items) => items.map(({ text }) => text).join(''),
    judge: (answer) => (isAboutAddress(answer) ? waitForPerson(answer) : judgeStatus(answer)),
  }
}

/** A missing database is told with 400 as well; no frame is at fault then. */
const isAboutAddress = ({ status, text }: Answer): boolean =>
  status === 400 &&
  /(database|bucket|db|org\w*|precision)\W+(\w+ )?(is |are )?(required|missing|not found|invalid)/i.test(
    text,
  )

function pathOf(options: InfluxOptions): string {
  const { api, database, retentionPolicy, organisation, bucket } = options
  const query = (pairs: Record<string, string>) => {
    const given = Object.entries(pairs).filter(([, value]) => value !== '')
    return new URLSearchParams(given).toString()
  }
  if (api === 'v1') return `/write?${query({ db: database, rp: retentionPolicy, precision: 'ns' })}`
  if (api === 'v2') return `/api/v2/write?${query({ org: organisation, bucket, precision: 'ns' })}`
  return `/api/v3/write_lp?${query({ db: database, precision: 'nanosecond', accept_partial: 'true' })}`
}

function pointOf(frame: DescribedFrame): Point {
  const { packet, sip, document, cid, atUs, number } = frame
  const { srcIp, srcPort, dstIp, dstPort, protocolType } = packet
  return {
    measurement: `hep_${protocolType}`,
    tags: { src_ip: srcIp, dst_ip: dstIp, src_port: String(srcPort), dst_port: String(dstPort) },
    fields: {
      create_date: Math.floor(atUs / 1_000),
      payload: document,
      payload_size: Buffer.byteLength(document),
      ...(sip?.cseqMethod ? { sip_method: sip.cseqMethod } : {}),
      ...(sip && cid ? { call_id: cid } : {}),
    },
    atNs: `${atUs}${String(number % 1_000).padStart(3, '0')}`,
  }
}
