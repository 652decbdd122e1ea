// Masks one message, sign by sign: nothing moves, so that offsets, Content-Length and packet lengths
// stay right. Works on the text of a message and on its bytes read as latin1.
//
//   start line, headers   user parts of URIs and display names: hidden     (hide-digits.ts)
//                         Call-ID, Via, tag=, branch= …: other digits      (digit-cipher.ts)
//                         headers of the policy, credentials: blanked
//                         everything else: runs of six digits or more hidden
//   body                  SDP: names hidden, other runs of digits replaced; text, JSON, XML: hidden;
//                         what cannot be read (ISUP, compressed …) and what the policy says: blanked
//
// So a digit is shown because of where it stands, never because nobody thought of that header.

import type { DigitCipher } from './digit-cipher.ts'
import { hideDigits, hideName, hideNumbers, hideUser, type Kept } from './hide-digits.ts'
import type { Masking } from './masking.ts'

/** What masking goes by. */
export interface Mask {
  readonly policy: Masking
  readonly cipher: DigitCipher
  /** Ends of numbers known from the rest of the call. */
  readonly known: ReadonlySet<string>
  /** Call-IDs of the call, wherever they turn up. */
  readonly callIds: readonly string[]
}

// Credentials let somebody in as somebody else; whoever may not see numbers has no use for them.
const CREDENTIALS = new Set(['authorization', 'proxy-authorization'])
const IDENTIFIERS = new Set([
  ...['call-id', 'via', 'in-reply-to', 'replaces', 'session-id', 'join', 'target-dialog'],
  ...['x-cid', 'x-call-id', 'p-charging-vector'],
])
// RFC 3261 §7.3.3 and later ones.
const COMPACT: ReadonlyMap<string, string> = new Map([
  ...([
    ['i', 'call-id'],
    ['v', 'via'],
    ['f', 'from'],
    ['t', 'to'],
    ['m', 'contact'],
  ] as const),
  ...([
    ['c', 'content-type'],
    ['e', 'content-encoding'],
    ['s', 'subject'],
  ] as const),
  ...([
    ['r', 'refer-to'],
    ['b', 'referred-by'],
    ['y', 'identity'],
    ['o', 'event'],
  ] as const),
])
const SEQUENCES = new Set(['cseq', 'rack'])
const SEQUENCE = /^\s*\d{1,10}(\s+\d{1,10})?\s+[A-Za-z]+\s*$/
const READABLE =
  /^(text\/|application\/(json|xml|simple-message-summary|dtmf(-relay)?|vnd\.cisco\.)|[\w.-]+\/[\w.-]*\+(json|xml))/

/** A message of any protocol, masked. */
export function maskMessage(text: string, protocol: number, mask: Mask): string {
  if (protocol === 1) return maskSip(text, mask)
  return text.startsWith('{') ? maskJson(text, mask) : hideFree(text, mask)
}

/** Text that is no SIP message: a log line, a verdict, a user agent. */
export function hideFree(text: string, { policy, known, callIds, cipher }: Mask): string {
  const { numbers } = policy
  if (!numbers) return text
  const longest = callIds.filter((id) => /\d{6}/.test(id)).slice(0, 50)
  const pieces = longest.reduce<readonly string[]>(
    (all, id) => all.flatMap((piece, i) => (i % 2 === 1 ? [piece] : between(piece, id))),
    [text],
  )
  return pieces
    .map((piece, i) => (i % 2 === 1 ? cipher.hide(piece) : hideNumbers(piece, numbers, known)))
    .join('')
    .replaceAll(ENUM, (domain) => hideDigits(domain, { keepFirst: 0, keepLast: 0 }))
}

// Text and Call-IDs in turn: the odd ones are Call-IDs.
const between = (text: string, id: string): string[] =>
  text.split(id).flatMap((piece, i) => (i === 0 ? [piece] : [id, piece]))

function maskSip(text: string, mask: Mask): string {
  const end = /\r?\n\r?\n/.exec(text)
  const bodyAt = end ? end.index + end[0].length : text.length
  const headers = new Map<string, string>()
  const head = maskHead(text.slice(0, bodyAt), headers, mask)
  const body = text.slice(bodyAt)
  return body === '' ? head : head + maskBody(body, headers, mask)
}

function maskHead(head: string, headers: Map<string, string>, mask: Mask): string {
  let name = ''
  return head.replaceAll(/[^\r\n]+/g, (line, at: number) => {
    // A line that begins with a blank goes on with the header before it.
    const [start = '', given] = /^([^\s:]+)\s*:/.exec(line) ?? []
    if (at === 0) return maskValue('', line, mask)
    if (given !== undefined) {
      name = COMPACT.get(given.toLowerCase()) ?? given.toLowerCase()
      headers.set(name, line.slice(start.length).trim().toLowerCase())
    }
    return start + maskValue(name, line.slice(start.length), mask)
  })
}

function maskValue(name: string, value: string, { policy, cipher, ...rest }: Mask): string {
  if (CREDENTIALS.has(name) || policy.headers.includes(name)) return blank(value)
  const kept = policy.numbers
  if (!kept) return value
  if (IDENTIFIERS.has(name)) return cipher.hide(value)
  if (SEQUENCES.has(name) && SEQUENCE.test(value)) return value
  const safe = value
    .replaceAll(USER, (_, scheme, user, at) => scheme + hideUser(user, kept) + at)
    .replaceAll(NUMBER_URI, (_, scheme, number) => scheme + hideUser(number, kept))
    .replaceAll(DISPLAY_NAME, (display) => hideName(display, kept))
    .replaceAll(ENUM, (domain) => hideDigits(domain, { keepFirst: 0, keepLast: 0 }))
  // Tags and branches are told apart by their place; between them everything else is free text.
  return safe
    .split(TAG)
    .map((piece, i) =>
      i % 2 === 1 ? cipher.hide(piece) : hideFree(piece, { policy, cipher, ...rest }),
    )
    .join('')
}

const USER = /\b((?:sips?|pres|im|xmpp):)([^@\s<>"]{0,512})(@)/gi
const NUMBER_URI = /\b((?:tel|fax|modem|callto|h323):)([^\s<>",]*)/gi
const DISPLAY_NAME = /"(?:[^"\\]|\\.)*"(?=\s*<)|[^<>",;:=]{1,200}(?=<)/g
const ENUM = /(?:\d\.){4,}e164/gi
const TAG = /((?:^|;)\s*(?:tag|branch|from-tag|to-tag|ftag)=[^;,\s>]*)/i

function maskBody(body: string, headers: ReadonlyMap<string, string>, mask: Mask): string {
  const type = (headers.get('content-type') ?? '').replace(/^:\s*/, '')
  const coding = headers.get('content-encoding')
  const { bodies, numbers } = mask.policy
  if (bodies === 'blank') return blank(body)
  const boundary = /^multipart\/.*boundary="?([^";]+)/.exec(type)?.[1]
  if (boundary !== undefined && coding === undefined) return maskParts(body, boundary, mask)
  const isSdp = type.startsWith('application/sdp')
  if (bodies === 'keep-sdp' && !isSdp) return blank(body)
  if (!numbers) return body
  if (coding !== undefined) return blank(body)
  if (isSdp) return maskSdp(body, numbers, mask)
  if (type.startsWith('message/sip')) return maskSip(body, mask)
  return READABLE.test(type) ? hideFree(hideUris(body, numbers), mask) : blank(body)
}

const hideUris = (text: string, kept: Kept): string =>
  text
    .replaceAll(USER, (_, scheme, user, at) => scheme + hideUser(user, kept) + at)
    .replaceAll(NUMBER_URI, (_, scheme, number) => scheme + hideUser(number, kept))

// The boundary was read in lower case; only its place counts.
function maskParts(body: string, boundary: string, mask: Mask): string {
  const escaped = boundary.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return body
    .split(new RegExp(`(--${escaped}(?:--)?[ \\t]*\\r?\\n?)`, 'i'))
    .map((part, i) => {
      if (i % 2 === 1) return part
      // A part has headers of its own, and no start line: an empty one stands in for it.
      const end = /\r?\n\r?\n/.exec(part)
      if (!end) return hideFree(part, mask)
      const bodyAt = end.index + end[0].length
      const headers = new Map<string, string>()
      const head = maskHead(`\n${part.slice(0, bodyAt)}`, headers, mask).slice(1)
      return head + maskBody(part.slice(bodyAt), headers, mask)
    })
    .join('')
}

// Session ids, SSRCs and candidates are numbers too, and have to stay such.
const maskSdp = (sdp: string, kept: Kept, { cipher }: Mask): string =>
  sdp.replaceAll(/[^\r\n]+/g, (line) => {
    if (/^[siuep]=/.test(line)) return line.slice(0, 2) + hideName(line.slice(2), kept)
    const origin = /^o=(\S+)/.exec(line)?.[1]
    if (origin === undefined) return cipher.hide(line)
    return `o=${hideUser(origin, kept)}${cipher.hide(line.slice(2 + origin.length))}`
  })

// Reports count packets and time in numbers without quotes: those stay, unless they are known ones.
function maskJson(json: string, mask: Mask): string {
  const { numbers } = mask.policy
  if (!numbers) return json
  return json
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((piece, i) =>
      i % 2 === 1
        ? hideFree(hideUris(piece, numbers), mask)
        : piece.replaceAll(/\d{6,}/g, (run) =>
            mask.known.has(run.slice(-6)) ? run.replaceAll(/\d/g, '1') : run,
          ),
    )
    .join('')
}

/** Every sign but line breaks and the blank in front, which may say that a header goes on. */
function blank(text: string): string {
  const start = /^[ \t]*/.exec(text)![0]
  return start + text.slice(start.length).replaceAll(/[^\r\n]/g, 'x')
}
