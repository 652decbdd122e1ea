// data_header of a SIP row: the fields that SIPHeader names, in its order, then the custom headers that are
// there. Every value is a string; a field that is not in the message, or that nobody knows, is ''.
//
//   {"ruri_user":"bob","ruri_domain":"b.example","from_user":"alice", … ,"X-Account":"4711"}
//
// What a script set of a field or a header counts more than what stands in the message.
import type { ScriptWord } from '#filter'
import type { ByteWriter } from '../write/byte-writer.ts'
import { place, placeAddress, placeUri } from './address-spans.ts'
import {
  AGENT,
  ASSERTED,
  AUTHORIZATION,
  CALL_ID,
  CONTACT,
  CONTENT_TYPE,
  CSEQ,
  CUSTOM,
  DIVERSION,
  EXPIRES,
  FROM,
  REASON,
  SERVER,
  slotOfName,
  TO,
  VIA,
} from './header-slots.ts'
import { INDEXED_BYTES_MAX, writeJsonSpan, writeJsonText } from './json-text.ts'
import { SipSpans } from './sip-spans.ts'

/** heplify-server's own SIPHeader. */
export const SIP_HEADERS: readonly string[] = [
  ...['ruri_user', 'ruri_domain', 'from_user', 'from_tag', 'to_user', 'to_tag', 'callid', 'cseq'],
  ...['method', 'user_agent'],
]

type Write = (out: ByteWriter, spans: SipSpans, alegId: string) => void
type Part = 'user' | 'host' | 'tag'

const LF = 10

/** Writes headers of this shape; one for a thread. */
export class SipDataHeader {
  readonly spans: SipSpans
  readonly #fields: readonly {
    readonly name: string
    readonly key: string
    readonly write: Write
  }[]
  readonly #custom: readonly {
    readonly name: string
    readonly key: string
    readonly slot: number
  }[]

  constructor(fields: readonly string[] = SIP_HEADERS, customHeaders: readonly string[] = []) {
    this.spans = new SipSpans(customHeaders)
    const names = fields.length === 0 ? SIP_HEADERS : fields
    this.#fields = names.map((name, i) => ({
      name,
      key: `${i === 0 ? '' : '",'}${JSON.stringify(name)}:"`,
      write: WRITES[name] ?? nothing,
    }))
    this.#custom = customHeaders.map((name, i) => ({
      name,
      key: `",${JSON.stringify(name)}:"`,
      slot: slotOfName(name) ?? CUSTOM + i,
    }))
  }

  /** Writes the header of the message that `spans` found last. */
  write(out: ByteWriter, alegId: string, said: ScriptWord | undefined): void {
    out.byte(123) // {
    for (const { name, key, write } of this.#fields) {
      out.utf8(key)
      const own = said?.fields[name]
      if (own === undefined) write(out, this.spans, alegId)
      else writeJsonText(out, own, INDEXED_BYTES_MAX)
    }
    for (const { name, key, slot } of this.#custom) {
      if (!this.spans.has(slot) || said?.headers[name] !== undefined) continue
      out.utf8(key)
      writeSlot(out, this.spans, slot)
    }
    for (const [name, value] of Object.entries(said?.headers ?? {})) {
      out.utf8(`",${JSON.stringify(name.replaceAll('\0', '').toWellFormed())}:"`)
      writeJsonText(out, value)
    }
    out.utf8('"}')
  }
}

const nothing: Write = () => {}

function writeSlot(out: ByteWriter, { bytes, slots }: SipSpans, slot: number, max?: number): void {
  const from = slots[slot * 2]!
  const to = slots[slot * 2 + 1]!
  if (from < 0) return
  const fold = bytes.indexOf(LF, from)
  if (fold < 0 || fold >= to) writeJsonSpan(out, bytes, from, to, max)
  else writeJsonText(out, bytes.toString('utf8', from, to).replace(/\r?\n[ \t]+/g, ' '), max)
}

const whole =
  (slot: number, max?: number): Write =>
  (out, spans) =>
    writeSlot(out, spans, slot, max)

const part =
  (slot: number, which: Part): Write =>
  (out, spans) => {
    const at = spans.slots[slot * 2]!
    if (at < 0) return
    placeAddress(spans.bytes, at, spans.slots[slot * 2 + 1]!)
    writePart(out, spans.bytes, which)
  }

const uriPart =
  (which: Part): Write =>
  (out, { bytes, uriAt, uriEnd }) => {
    if (uriEnd === uriAt) return
    placeUri(bytes, uriAt, uriEnd)
    writePart(out, bytes, which)
  }

function writePart(out: ByteWriter, bytes: Buffer, which: Part): void {
  const max = INDEXED_BYTES_MAX
  if (which === 'user') writeJsonSpan(out, bytes, place.userAt, place.userEnd, max)
  else if (which === 'host') writeJsonSpan(out, bytes, place.hostAt, place.hostEnd, max)
  else writeJsonSpan(out, bytes, place.tagAt, place.tagEnd)
}

/** An answer's method is its status, as text. */
function writeMethod(out: ByteWriter, { bytes, status, methodAt, methodEnd }: SipSpans): void {
  if (status > 0) out.utf8(String(status))
  else writeJsonSpan(out, bytes, methodAt, methodEnd, INDEXED_BYTES_MAX)
}

function writeAuthUser(out: ByteWriter, { bytes, slots }: SipSpans): void {
  const from = slots[AUTHORIZATION * 2]!
  if (from < 0) return
  const text = bytes.toString('utf8', from, slots[AUTHORIZATION * 2 + 1]!)
  const user = /username\s*=\s*(?:"([^"]*)"|([^\s,;]+))/i.exec(text)?.slice(1).join('')
  writeJsonText(out, user ?? '', INDEXED_BYTES_MAX)
}

const WRITES: Readonly<Record<string, Write>> = {
  ruri_user: uriPart('user'),
  ruri_domain: uriPart('host'),
  from_user: part(FROM, 'user'),
  from_domain: part(FROM, 'host'),
  from_tag: part(FROM, 'tag'),
  to_user: part(TO, 'user'),
  to_domain: part(TO, 'host'),
  to_tag: part(TO, 'tag'),
  callid: whole(CALL_ID, INDEXED_BYTES_MAX),
  callid_aleg: (out, _, alegId) => writeJsonText(out, alegId),
  cseq: whole(CSEQ),
  method: writeMethod,
  user_agent: whole(AGENT),
  server: whole(SERVER),
  via: whole(VIA),
  contact_user: part(CONTACT, 'user'),
  contact_domain: part(CONTACT, 'host'),
  pid_user: part(ASSERTED, 'user'),
  auth_user: writeAuthUser,
  content_type: whole(CONTENT_TYPE),
  reason: whole(REASON),
  diversion: whole(DIVERSION),
  expires: whole(EXPIRES),
}
