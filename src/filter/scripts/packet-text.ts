// The packet at hand as scripts read it, under the names of heplify-server's structs.
import { type HepPacket, PROTOCOL } from '#hep'
import { readHeaders, type SipMessage } from '#sip'

const NAMES: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Object.entries(PROTOCOL).map(([name, number]) => [number, name])),
  // Those it has no name for go by number.
  [PROTOCOL.rtp]: String(PROTOCOL.rtp),
  [PROTOCOL.isup]: String(PROTOCOL.isup),
}

/** HEP's fields as JSON; `Payload` is null until it is asked for. The agent's key is not among them. */
export function hepText(packet: HepPacket, correlationId: string, sid: string): string {
  return JSON.stringify({
    ...{ Version: packet.ipFamily, Protocol: packet.ipProtocol },
    ...{ SrcIP: packet.srcIp, DstIP: packet.dstIp },
    ...{ SrcPort: packet.srcPort, DstPort: packet.dstPort },
    ...{ Tsec: Math.floor(packet.atUs / 1e6), Tmsec: Math.floor(packet.atUs % 1e6) },
    ...{ ProtoType: packet.protocolType, NodeID: packet.captureId, Vlan: packet.vlan },
    ...{ CID: correlationId, SID: sid, TargetName: '' },
    ProtoString: NAMES[packet.protocolType] ?? String(packet.protocolType),
    NodeName: packet.captureNode || String(packet.captureId),
    ...{ Payload: null, SIP: null },
  })
}

/** Headers by the field of the struct they fill; the last of a name counts, as there. */
const HEADER_FIELDS: Readonly<Record<string, string>> = {
  ...{ contact: 'ContactVal', 'content-type': 'ContentType', 'content-length': 'ContentLength' },
  ...{ expires: 'Expires', reason: 'ReasonVal', diversion: 'DiversionVal', privacy: 'Privacy' },
  ...{ 'p-asserted-identity': 'PAssertedIdVal', 'remote-party-id': 'RemotePartyIdVal' },
  ...{ authorization: 'AuthVal', 'proxy-authorization': 'AuthVal', cseq: 'CseqVal' },
  ...{ 'max-forwards': 'MaxForwards', organization: 'Organization', 'x-rtp-stat': 'RTPStatVal' },
  ...{ server: 'Server', 'user-agent': 'UserAgent' },
}
const EMPTY = Object.fromEntries(Object.values(HEADER_FIELDS).map((field) => [field, '']))

/** SIP's fields as JSON; `Msg` and `Body` are null until they are asked for. */
export function sipText(sip: SipMessage, payload: Buffer, alegId: string): string {
  const fields: Record<string, string> = { ...EMPTY }
  const via: string[] = []
  for (const { name, value } of readHeaders(payload)) {
    const lower = name.toLowerCase()
    const field = HEADER_FIELDS[lower]
    if (field !== undefined) fields[field] = value
    else if (lower === 'via') via.push(value)
  }
  const isRequest = sip.kind === 'request'
  return JSON.stringify({
    ...{ FromUser: sip.fromUser, FromHost: sip.fromDomain, FromTag: sip.fromTag },
    ...{ ToUser: sip.toUser, ToHost: sip.toDomain, ToTag: sip.toTag },
    URIUser: isRequest ? sip.ruriUser : '',
    URIHost: isRequest ? sip.ruriDomain : '',
    ...{ CallID: sip.callId, XCallID: alegId, CseqMethod: sip.cseqMethod },
    FirstMethod: isRequest ? sip.method : String(sip.status),
    FirstResp: isRequest ? '' : String(sip.status),
    FirstRespText: isRequest ? '' : sip.reason,
    ...{ ViaOne: via[0] ?? '', ViaOneBranch: sip.branch },
    ...partiesOf(fields),
    ...fields,
    ...{ Msg: null, Body: null },
  })
}

const partiesOf = (fields: Readonly<Record<string, string>>) => ({
  ContactUser: userOf(fields.ContactVal),
  ContactHost: hostOf(fields.ContactVal),
  PaiUser: userOf(fields.PAssertedIdVal),
  PaiHost: hostOf(fields.PAssertedIdVal),
  AuthUser: /\busername\s*=\s*"?([^",\s]*)/i.exec(fields.AuthVal ?? '')?.[1] ?? '',
})

const URI = /(?:sips?|tel):(?:([^@>;?\s]*)@)?(\[[^\]]*\]|[^:>;?,\s]*)/i

const userOf = (value = ''): string => {
  const [whole = '', user, host = ''] = URI.exec(value) ?? []
  return user ?? (/^tel:/i.test(whole) ? host : '')
}
const hostOf = (value = ''): string => {
  const [whole = '', , host = ''] = URI.exec(value) ?? []
  return /^tel:/i.test(whole) ? '' : host
}

/** The payload as text: bytes that are not UTF-8, and NUL, are left out. */
export function payloadText(payload: Buffer): string {
  const text = payload.toString('utf8')
  const isClean = !text.includes('\ufffd') && !text.includes('\0')
  return isClean ? text : text.replaceAll('\ufffd', '').replaceAll('\0', '')
}
