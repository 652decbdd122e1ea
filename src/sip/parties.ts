// Who speaks to whom, read from where skimSip saw it: for the one message of a call that names its
// parties, and not for all. Each value is copied aside, so that the fields are pieces of a short string
// and do not keep a whole message in memory.
import { clearFound, decodeFound, found, readAddress, readUri } from './address.ts'
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

/** Fields as in SipMessage; those of the Request-URI mean nothing in a response. */
export interface Parties {
  readonly fromUser: string
  readonly fromDomain: string
  readonly fromTag: string
  readonly toUser: string
  readonly toDomain: string
  readonly toTag: string
  readonly ruriUser: string
  readonly ruriDomain: string
  readonly userAgent: string
}

const SCRATCH_BYTES = 65_536
const LF = 10
/** Reading looks a few bytes ahead, and must not meet what was there before. */
const scratch = Buffer.alloc(SCRATCH_BYTES + 16)

/** The parties of the message in `bytes` that the spans were taken from. */
export function readParties(bytes: Buffer, at: PartySpans): Parties {
  readParty(bytes, at.fromAt, at.fromEnd)
  const { user: fromUser, domain: fromDomain, tag: fromTag } = found
  readParty(bytes, at.toAt, at.toEnd)
  const { user: toUser, domain: toDomain, tag: toTag } = found
  clearFound()
  const uri = textAside(bytes, at.uriAt, at.uriEnd)
  if (uri !== '') readUri(scratch, uri, 0, uri.length)
  decodeFound()
  const { user: ruriUser, domain: ruriDomain } = found
  const userAgent = cutField(decodeField(textAside(bytes, at.agentAt, at.agentEnd)))
  return {
    ...{ fromUser, fromDomain, fromTag, toUser, toDomain, toTag },
    ...{ ruriUser, ruriDomain, userAgent },
  }
}

function readParty(bytes: Buffer, at: number, end: number): void {
  clearFound()
  if (at < 0) return
  const text = textAside(bytes, at, end)
  readAddress(scratch, text, 0, text.length)
  decodeFound()
}

/** The bytes, trimmed at their end, in `scratch` and as Latin-1. */
function textAside(bytes: Buffer, at: number, lineEnd: number): string {
  let end = lineEnd
  while (end > at && bytes[end - 1]! <= 32) end -= 1
  if (at < 0 || end <= at) return ''
  const length = bytes.copy(scratch, 0, at, Math.min(end, at + SCRATCH_BYTES))
  scratch.fill(LF, length, length + 16)
  return scratch.toString('latin1', 0, length)
}
