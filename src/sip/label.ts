// What stands on an arrow: the method or status of SIP, the protocol's name for the rest.
import type { TracedMessage } from './message.ts'

/** HEP protocol types that are not SIP; the numbers are the HEP registry's. */
const PROTOCOL_LABELS: ReadonlyMap<number, string> = new Map([
  [1, 'unreadable SIP'],
  [2, 'XMPP'],
  [3, 'SDP'],
  [4, 'RTP'],
  [5, 'RTCP'],
  [6, 'MGCP'],
  [7, 'MEGACO'],
  [32, 'JSON'],
  [33, 'JSON'],
  [34, 'RTP agent'],
  [35, 'RTCP-XR'],
  [38, 'Horaclifix'],
  [53, 'DNS'],
  [54, 'ISUP'],
  [100, 'log'],
])

/** 'INVITE', '200 OK', 'RTCP', 'log', 'DNS' …; 'type 77' for protocols without a name. */
export function labelOf({ sip, protocolType }: TracedMessage): string {
  if (sip === undefined) return PROTOCOL_LABELS.get(protocolType) ?? `type ${protocolType}`
  return sip.kind === 'request' ? sip.method : `${sip.status} ${sip.reason}`.trimEnd()
}

/** '1 INVITE'; '' for what is not SIP. */
export function cseqOf({ sip }: TracedMessage): string {
  return sip === undefined ? '' : `${sip.cseq} ${sip.cseqMethod}`.trimEnd()
}
