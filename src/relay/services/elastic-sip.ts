// The SIP part of a document for Elasticsearch, under the names heplify-server's parser has. Left out are
// fields that are empty, the message and its body (both stand in Payload), and credentials.
import { readHeaders, type SipMessage } from '#sip'

/** Header to field, for those that are taken as they are. */
const PLAIN: Readonly<Record<string, string>> = {
  'content-length': 'ContentLength',
  'content-type': 'ContentType',
  'max-forwards': 'MaxForwards',
  organization: 'Organization',
  expires: 'Expires',
  contact: 'ContactVal',
  'x-cid': 'XCallID',
  reason: 'ReasonVal',
  'x-rtp-stat': 'RTPStatVal',
  via: 'ViaOne',
  privacy: 'Privacy',
  'remote-party-id': 'RemotePartyIdVal',
  diversion: 'DiversionVal',
  'p-asserted-identity': 'PAssertedIdVal',
  'user-agent': 'UserAgent',
  server: 'Server',
}

/** Fields of the message, by name. */
export function sipDocument(
  sip: SipMessage,
  payload: Buffer,
  alegId: string,
): Record<string, unknown> {
  const headers = new Map<string, string>()
  for (const { name, value } of readHeaders(payload)) {
    const key = name.toLowerCase()
    if (!headers.has(key)) headers.set(key, value)
  }
  const plain = Object.entries(PLAIN).map(([header, field]) => [field, headers.get(header)])
  const all: Record<string, unknown> = {
    ...Object.fromEntries(plain),
    ...partsOf(sip),
    ...addressesOf(headers),
  }
  if (alegId !== '') all.XCallID = alegId
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value))
}

function partsOf(sip: SipMessage) {
  const { callId, cseq, cseqMethod, branch, fromUser, fromDomain, fromTag } = sip
  const { toUser, toDomain, toTag } = sip
  return {
    CallID: callId,
    CseqVal: `${cseq} ${cseqMethod}`,
    CseqMethod: cseqMethod,
    ViaOneBranch: branch,
    ...{ FromUser: fromUser, FromHost: fromDomain, FromTag: fromTag },
    ...{ ToUser: toUser, ToHost: toDomain, ToTag: toTag },
    ...(sip.kind === 'request'
      ? { FirstMethod: sip.method, URIUser: sip.ruriUser, URIHost: sip.ruriDomain }
      : {
          FirstMethod: String(sip.status),
          FirstResp: String(sip.status),
          FirstRespText: sip.reason,
        }),
  }
}

function addressesOf(headers: ReadonlyMap<string, string>) {
  const contact = addressIn(headers.get('contact'))
  const asserted = addressIn(headers.get('p-asserted-identity'))
  const login = headers.get('authorization') ?? headers.get('proxy-authorization') ?? ''
  const [from, to] = [headers.get('from'), headers.get('to')]
  return {
    ...(from ? { From: { Val: from } } : {}),
    ...(to ? { To: { Val: to } } : {}),
    ...{ ContactUser: contact.user, ContactHost: contact.host },
    ...{ PaiUser: asserted.user, PaiHost: asserted.host },
    AuthUser: /username="([^"]*)"/i.exec(login)?.[1],
  }
}

/** User and host of the first SIP or TEL URI. */
function addressIn(value = ''): { user?: string | undefined; host?: string | undefined } {
  const [, user, host] = /(?:sips?|tel):(?:([^@;>\s]*)@)?([^:;>\s]*)/i.exec(value) ?? []
  return { user, host }
}
