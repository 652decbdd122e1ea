// Who speaks to whom, read from where skimSip saw it: for the one message of a call that names its
// parties, and not for all. The four values are copied aside, one behind the other, and decoded
// together: the fields are pieces of one short string and do not keep a whole message in memory.
//
//   scratch  <sip:alice@a>;tag=1 ␊␊␊␊ <sip:bob@b> ␊␊␊␊ sip:bob@b ␊␊␊␊ Phone 1.0 ␊␊␊␊
import { clearFound, decodeFound, found, readAddress, readUri } from './address.ts'
import type { SipRequest } from './message.ts'
import { HEAD_BYTES_MAX } from './skim.ts'
import { cutField, decodeField } from './wire-text.ts'

/** Offsets as in `sipSkim`. */
export interface PartySpans {
  readonly uriAt: number
  readonly uriEnd: number
  readonly fromAt: number
  readonly fromEnd: number
  readonly toAt: number
  readonly toEnd: number
  readonly agentAt: number
  readonly agentEnd: number
}

/** Those of the Request-URI mean nothing in a response. */
export type Parties = Pick<
  SipRequest,
  | 'fromUser'
  | 'fromDomain'
  | 'fromTag'
  | 'toUser'
  | 'toDomain'
  | 'toTag'
  | 'ruriUser'
  | 'ruriDomain'
  | 'userAgent'
>

const LF = 10
/** Between two values: reading one looks a few bytes ahead. */
const GAP = 4
const scratch = Buffer.alloc(HEAD_BYTES_MAX + 4 * GAP)
let scratchEnd = 0
let isPlain = true

/** The parties of the message in `bytes` that the spans were taken from. */
export function readParties(bytes: Buffer, at: PartySpans): Parties {
  scratchEnd = 0
  isPlain = true
  const fromEnd = putAside(bytes, at.fromAt, at.fromEnd)
  const toAt = scratchEnd
  const toEnd = putAside(bytes, at.toAt, at.toEnd)
  const uriAt = scratchEnd
  const uriEnd = putAside(bytes, at.uriAt, at.uriEnd)
  const agentAt = scratchEnd
  const agentEnd = putAside(bytes, at.agentAt, at.agentEnd)
  const text = scratch.toString('latin1', 0, scratchEnd)
  readParty(text, 0, fromEnd)
  const { user: fromUser, domain: fromDomain, tag: fromTag } = found
  readParty(text, toAt, toEnd)
  const { user: toUser, domain: toDomain, tag: toTag } = found
  clearFound()
  if (uriEnd > uriAt) readUri(scratch, text, uriAt, uriEnd)
  if (!isPlain) decodeFound()
  const { user: ruriUser, domain: ruriDomain } = found
  const agent = text.slice(agentAt, agentEnd)
  const userAgent = cutField(isPlain ? agent : decodeField(agent))
  return {
    fromUser,
    fromDomain,
    fromTag,
    toUser,
    toDomain,
    toTag,
    ruriUser,
    ruriDomain,
    userAgent,
  }
}

function readParty(text: string, at: number, end: number): void {
  clearFound()
  if (end > at) readAddress(scratch, text, at, end)
  if (!isPlain) decodeFound()
}

/** Copies a value without the blanks at its end, and returns where that ends in `scratch`. */
function putAside(bytes: Buffer, at: number, lineEnd: number): number {
  let end = lineEnd
  while (end > at && bytes[end - 1]! <= 32) end -= 1
  let into = scratchEnd
  if (at >= 0) {
    for (let from = at; from < end; from += 1) {
      const byte = bytes[from]!
      if (byte === 0 || byte > 127) isPlain = false
      scratch[into++] = byte
    }
  }
  scratchEnd = into + GAP
  for (let i = into; i < scratchEnd; i += 1) scratch[i] = LF
  return into
}
