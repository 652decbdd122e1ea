// Loki: POST /loki/api/v1/push as JSON, with heplify-server's labels:
//
//   job="heplify-server"  hostname  node  type              every frame
//   method  response  protocol                              SIP: method of the CSeq; request method or status
//   protocol                                                logs: fax, sip or udp, by what they speak of
//   src_ip src_port dst_ip dst_port · call_id · from to     where asked for: each value is a stream more
//   what scripts set with SetLokiLabel                      of the names in filter.loki_labels
//
// The line is the payload. An entry's time is the packet's and stays: heplify-server puts "now" in the place
// of a time that goes backwards, which Loki has not needed since 2.4, and which would make a repeated entry
// a second one. Loki drops an entry whose stream, time and line it has.
import { headerValue } from '#sip'
import type { DescribedFrame } from './described-frame.ts'
import type { Item, Service } from './service.ts'

export const LOKI_LABELS = ['ip', 'call', 'parties'] as const
export type LokiLabels = (typeof LOKI_LABELS)[number]

export interface LokiOptions {
  /** Of this machine. */
  readonly hostname: string
  readonly labels: readonly LokiLabels[]
  /** X-Scope-OrgID, the tenant; '' = none. */
  readonly tenant: string
}

export function lokiService({ hostname, labels, tenant }: LokiOptions): Service {
  return {
    path: '/loki/api/v1/push',
    contentType: 'application/json',
    headers: tenant ? { 'x-scope-orgid': tenant } : {},
    write(frame, index): Item {
      const group = JSON.stringify(labelsOf(frame, hostname, labels))
      // The nanoseconds are more than a number holds.
      const text = `["${frame.atUs}000",${JSON.stringify(frame.document)}]`
      return { index, group, text }
    },
    join(items) {
      const streams = Map.groupBy(items, ({ group = '{}' }) => group)
      const parts = [...streams].map(
        ([stream, values]) => `{"stream":${stream},"values":[${values.map(textOf).join(',')}]}`,
      )
      return `{"streams":[${parts.join(',')}]}`
    },
  }
}

const textOf = ({ text }: Item): string => text

const VALUE_CHARS_MAX = 1_024 // Loki refuses longer ones (max_label_value_length is 2048 bytes)
const IP_PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' }

/** Labels without those that are empty, which to Loki are not there. */
function labelsOf(
  frame: DescribedFrame,
  hostname: string,
  asked: readonly LokiLabels[],
): Record<string, string> {
  const { packet, sip, type, node, callId } = frame
  const hasCall = sip !== undefined || type === 'rtcp'
  const all: Record<string, string | undefined> = {
    ...(sip ? sipLabels(frame) : {}),
    ...(type === 'log' ? { protocol: logProtocol(frame.text) } : {}),
    ...(asked.includes('call') && hasCall ? { call_id: callId } : {}),
    ...(asked.includes('parties') && sip ? partyLabels(frame.headersIn) : {}),
    ...{ job: 'heplify-server', hostname, node, type },
    ...(asked.includes('ip') ? addressLabels(packet) : {}),
    ...frame.labels,
  }
  const kept = Object.entries(all).filter(([, value]) => value)
  return Object.fromEntries(kept.map(([name, value]) => [name, value!.slice(0, VALUE_CHARS_MAX)]))
}

const sipLabels = ({ sip, packet }: DescribedFrame) => ({
  method: sip!.cseqMethod,
  response: sip!.kind === 'request' ? sip!.method : String(sip!.status),
  protocol: IP_PROTOCOLS[packet.ipProtocol],
})

const partyLabels = (payload: Buffer) => ({
  from: headerValue(payload, 'from'),
  to: headerValue(payload, 'to'),
})

const addressLabels = ({ srcIp, srcPort, dstIp, dstPort }: DescribedFrame['packet']) => ({
  ...{ src_ip: srcIp, src_port: String(srcPort), dst_ip: dstIp, dst_port: String(dstPort) },
})

function logProtocol(text: string): string {
  if (text.includes('Fax') || text.includes('T38')) return 'fax'
  return text.includes('sip') ? 'sip' : 'udp'
}
