// Keys that join the legs of one call. A B2BUA gives each leg a Call-ID of its own; what still ties
// them together is a header that names the other leg or an identifier both carry:
//
//   callid:…   X-CID, X-Call-ID · Replaces · Refer-To: <…?Replaces=…> · HEP chunk 17 ·
//              the stem of a Call-ID ending in _b2b-1 · the call a quality report is about
//   session:…  each UUID of Session-ID (RFC 7989) but the null one
//   icid:…     icid-value of P-Charging-Vector (RFC 7315)
//
// Every call has 'callid:<its own>' without it being listed. Keys of one call are at most KEYS_MAX,
// the first ones found; a key is at most as long as a Call-ID can be (cut as there), plus its kind.
import { readHeaders } from './headers.ts'
import { mayHoldReport, namedCallIds, reportedId } from './media/filed-under.ts'
import type { TracedMessage } from './message.ts'
import { cutCallId } from './wire-text.ts'

/** A call with more keys than this is a misuse of the headers, not a call. */
export const KEYS_MAX = 32

/** A correlation key and the header it was read from. */
export interface KeyEvidence {
  readonly key: string
  readonly source: string
}

/** The keys of one call's messages, 'kind:value', in the order found, without its own Call-ID. */
export function correlationKeysOf(messages: readonly TracedMessage[]): readonly string[] {
  return mayHaveKeys(messages) ? keyEvidenceOf(messages).map(({ key }) => key) : NO_KEYS
}

const NO_KEYS: readonly string[] = []

/** Most calls have nothing to look for; told without making anything, as it is asked of every row. */
function mayHaveKeys(messages: readonly TracedMessage[]): boolean {
  for (const { sip, correlationId } of messages) {
    if (sip === undefined || sip.mayJoin !== false || mayHoldReport(sip.cseqMethod)) return true
    if (correlationId !== '' && correlationId !== sip.callId) return true
    if (sip.callId !== messages[0]!.sip?.callId) return true
  }
  return messages[0]?.sip?.callId.includes('_') ?? true
}

/** The same keys with where each was read, for the reasons people see. */
export function keyEvidenceOf(messages: readonly TracedMessage[]): readonly KeyEvidence[] {
  const own = ownCallIds(messages)
  const found = new Map<string, string>()
  const add = (kind: string, value: string, source: string) => {
    if (value === '' || found.size >= KEYS_MAX) return
    const id = cutCallId(value)
    const key = `${kind}:${id}`
    if (!found.has(key) && !(kind === 'callid' && own.has(id))) found.set(key, source)
  }
  for (const callId of own) add('callid', stemOf(callId), 'the suffix of its Call-ID')
  for (const message of messages) readKeys(message, add)
  return [...found].map(([key, source]) => ({ key, source }))
}

function ownCallIds(messages: readonly TracedMessage[]): ReadonlySet<string> {
  const own = new Set<string>()
  let last: string | undefined
  for (const { sip } of messages) {
    if (sip === undefined || sip.callId === last) continue
    last = sip.callId
    own.add(last)
  }
  // Reports and logs alone are filed under what their agent calls the call.
  if (last === undefined && messages[0] !== undefined) own.add(reportedId(messages[0]))
  return own
}

type AddKey = (kind: string, value: string, source: string) => void

function readKeys(message: TracedMessage, add: AddKey): void {
  const { payload, sip, correlationId } = message
  add('callid', correlationId, "the agent's correlation id")
  for (const callId of namedCallIds(message)) add('callid', callId, 'a quality report')
  if (sip === undefined || sip.mayJoin === false) return
  for (const { name, value } of readHeaders(payload)) READERS[name.toLowerCase()]?.(value, add)
}

/** 'abc' of 'abc_b2b-1' and of 'abc_b2b-1_pbx-1'; '' when nothing was appended. */
function stemOf(callId: string): string {
  if (!callId.includes('_')) return ''
  const at = callId.search(/(?:_(?:b2b|pbx)-\d+)+$/)
  return at > 0 ? callId.slice(0, at) : ''
}

/** What each header says; lower-case names. parse.ts marks messages that may hold one of them. */
const READERS: Readonly<Record<string, (value: string, add: AddKey) => void>> = {
  'x-cid': (value, add) => add('callid', value, 'X-CID'),
  'x-call-id': (value, add) => add('callid', value, 'X-Call-ID'),
  replaces: (value, add) => add('callid', beforeSemicolon(value), 'Replaces'),
  'refer-to': readReferTo,
  'session-id': readSessionId,
  'p-charging-vector': readIcid,
}

/** Refer-To: <sip:dave@example.org?Replaces=12345%40host%3Bto-tag%3D1%3Bfrom-tag%3D2> */
function readReferTo(value: string, add: AddKey): void {
  const escaped = /[?&]replaces=([^&>]*)/i.exec(value)?.[1]
  if (escaped !== undefined) add('callid', beforeSemicolon(unescaped(escaped)), 'Refer-To')
}

/** Session-ID: <own uuid>;remote=<the other's>. All zeros: not known yet (RFC 7989 §5). */
function readSessionId(value: string, add: AddKey): void {
  const remote = /;\s*remote\s*=\s*([^;\s]*)/i.exec(value)?.[1] ?? ''
  for (const uuid of [beforeSemicolon(value), remote]) {
    const id = uuid.toLowerCase()
    if (/^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id)) add('session', id, 'Session-ID')
  }
}

function readIcid(value: string, add: AddKey): void {
  const icid = /(?:^|;)\s*icid-value\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(value)
  add('icid', icid?.[1] ?? icid?.[2] ?? '', 'P-Charging-Vector')
}

function beforeSemicolon(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim()
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray '%': better the raw text than no key
  }
}
