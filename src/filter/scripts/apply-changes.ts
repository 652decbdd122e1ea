// What scripts set, checked and put into the packet. They may set what they like; what no packet can hold is
// refused, and then the packet goes on as it was.
import { isIP } from 'node:net'
import { FRAME_BYTES_MAX, type HepPacket, PROTOCOL } from '#hep'
import { CALL_ID_CHARS_MAX, parseSip, type SipMessage } from '#sip'
import type { Passed, ScriptWord, SipProfile } from '../filtered.ts'
import { type Changes, SIP_FIELDS } from './guest.ts'
import { pickLabels } from './loki-labels.ts'
import { ScriptFault } from './sandbox.ts'

type Texts = Readonly<Record<string, string>>
const NONE: Texts = {}
const FIELD_CHARS_MAX = 1_024
const HEADERS_MAX = 64

/** Throws a ScriptFault that says which value nothing can hold. */
export function applyChanges(
  before: Passed,
  changes: Changes,
  lokiLabels: ReadonlySet<string>,
): Passed {
  const { hep = NONE, sip: sipFields = NONE, headers = NONE, labels = NONE, said = {} } = changes
  const packet = changeHep(before.packet, hep)
  const fields = namedFields(sipFields)
  const isSip = packet.protocolType === PROTOCOL.sip
  const word: ScriptWord = {
    // What is no SIP is filed under its correlation id, there as here.
    ...(hep.SID === undefined || !isSip ? {} : { sid: cut(hep.SID, CALL_ID_CHARS_MAX) }),
    ...(hep.TargetName === undefined ? {} : { targetName: cut(hep.TargetName) }),
    ...(said.profile === undefined ? {} : { profile: profileOf(said.profile) }),
    ...{ fields, headers: fewOf(headers), lokiLabels: pickLabels(labels, lokiLabels) },
  }
  const parsed = packet.protocolType === before.packet.protocolType ? before.sip : sipIn(packet)
  const sip = parsed && changeSip(parsed, packet, before.packet, word)
  return { ...before, packet, sip, alegId: fields.callid_aleg ?? before.alegId, said: word }
}

function changeHep(packet: HepPacket, hep: Texts): HepPacket {
  const changed: { -readonly [Key in keyof HepPacket]: HepPacket[Key] } = { ...packet }
  for (const [field, value] of Object.entries(hep)) {
    switch (field) {
      case 'ProtoType':
        changed.protocolType = numberIn(field, value, 1, 255)
        break
      case 'SrcIP':
        changed.srcIp = addressIn(field, value)
        break
      case 'DstIP':
        changed.dstIp = addressIn(field, value)
        break
      case 'SrcPort':
        changed.srcPort = numberIn(field, value, 0, 65_535)
        break
      case 'DstPort':
        changed.dstPort = numberIn(field, value, 0, 65_535)
        break
      case 'NodeID':
        changed.captureId = numberIn(field, value, 0, 0xffff_ffff)
        break
      case 'NodeName':
        changed.captureNode = cut(value)
        break
      case 'CID':
        changed.correlationId = cut(value, CALL_ID_CHARS_MAX)
        break
      case 'Payload':
        changed.payload = payloadIn(value)
        break
      // What it has no place for is in the ScriptWord.
      case 'SID':
      case 'TargetName':
        break
      default:
        throw new ScriptFault('error', `the field '${field}' of a packet cannot be set`)
    }
  }
  if (changed.srcIp !== packet.srcIp) changed.ipFamily = changed.srcIp.includes(':') ? 10 : 2
  return changed
}

function numberIn(field: string, value: string, min: number, max: number): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isInteger(number) && number >= min && number <= max)
    return number
  throw new ScriptFault(
    'error',
    `${field} = '${cut(value)}': it is a whole number from ${min} to ${max}`,
  )
}

function addressIn(field: string, value: string): string {
  if (isIP(value) !== 0) return value
  throw new ScriptFault('error', `${field} = '${cut(value)}': it is an IPv4 or IPv6 address`)
}

function payloadIn(value: string): Buffer {
  const payload = Buffer.from(value, 'utf8')
  if (payload.length > 0 && payload.length <= FRAME_BYTES_MAX) return payload
  throw new ScriptFault(
    'error',
    `a message has 1 to ${FRAME_BYTES_MAX} bytes, not ${payload.length}`,
  )
}

// Fields of the struct to homer7's names.
const HOMER_NAMES: Texts = {
  ...Object.fromEntries(Object.entries(SIP_FIELDS).map(([name, field]) => [field, name])),
  FirstMethod: 'method',
}

function namedFields(fields: Texts): Texts {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => {
      const name = HOMER_NAMES[field]
      if (name === undefined)
        throw new ScriptFault('error', `the field '${field}' of a SIP message cannot be set`)
      return [name, cut(value)]
    }),
  )
}

/** SIP fields for search. Where the body begins is a matter of the payload as it is now. */
function changeSip(
  sip: SipMessage,
  packet: HepPacket,
  before: HepPacket,
  { sid, fields }: ScriptWord,
): SipMessage {
  const changed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    const own = SIP_NAMES[name]
    if (own !== undefined) changed[own] = value
  }
  const callId = sid ?? fields.callid
  if (callId) changed.callId = cut(callId, CALL_ID_CHARS_MAX)
  const { method } = fields
  if (method !== undefined && sip.kind === 'request') changed.method = method
  if (method !== undefined && sip.kind === 'response' && /^[1-6]\d\d$/.test(method))
    changed.status = Number(method)
  if (packet.payload !== before.payload)
    changed.bodyAt = sipIn(packet)?.bodyAt ?? packet.payload.length
  return { ...sip, ...changed } as SipMessage
}

const SIP_NAMES: Texts = {
  ...{ from_user: 'fromUser', from_domain: 'fromDomain', from_tag: 'fromTag' },
  ...{ to_user: 'toUser', to_domain: 'toDomain', to_tag: 'toTag' },
  ...{ ruri_user: 'ruriUser', ruri_domain: 'ruriDomain', user_agent: 'userAgent' },
}

function sipIn({ protocolType, payload }: HepPacket): SipMessage | undefined {
  if (protocolType !== PROTOCOL.sip) return undefined
  const sip = parseSip(payload)
  return sip.kind === 'malformed' ? undefined : sip
}

function profileOf(profile: string): SipProfile {
  if (/^c/i.test(profile)) return 'call'
  return /^r/i.test(profile) ? 'registration' : 'default'
}

const fewOf = (headers: Texts): Texts =>
  Object.fromEntries(
    Object.entries(headers)
      .slice(0, HEADERS_MAX)
      .map(([name, value]) => [cut(name), cut(value)]),
  )

const cut = (text: string, charsMax = FIELD_CHARS_MAX): string =>
  text.replaceAll('\0', '').slice(0, charsMax)
