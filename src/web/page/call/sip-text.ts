// A message taken apart for showing: first line, headers with their folds, body. Nothing is lost: what is
// no header is a line of its own, and the parts put together again are the message.
import { visible } from '../parts/format.ts'

/** One header as it stood, folded lines and all. */
export interface HeaderLine {
  /** As sent; '' for a line that is no header. */
  readonly sentName: string
  /** The full name where a compact one was sent; else as sent. */
  readonly name: string
  readonly value: string
}

/** A message as people read it. */
export interface SipText {
  /** False for a log line, a report, or text too broken to have a first line. */
  readonly isSip: boolean
  readonly firstLine: string
  readonly headers: readonly HeaderLine[]
  readonly body: string
}

// RFC 3261 §20 and the IANA registry; the API knows them too, but a page imports no other room.
const COMPACT: Readonly<Record<string, string>> = {
  ...{ a: 'Accept-Contact', b: 'Referred-By', c: 'Content-Type', d: 'Request-Disposition' },
  ...{ e: 'Content-Encoding', f: 'From', i: 'Call-ID', j: 'Reject-Contact', k: 'Supported' },
  ...{ l: 'Content-Length', m: 'Contact', n: 'Identity-Info', o: 'Event', r: 'Refer-To' },
  ...{ s: 'Subject', t: 'To', u: 'Allow-Events', v: 'Via', x: 'Session-Expires', y: 'Identity' },
}

/** 'Via' for 'v' or 'V'; any longer name as it is. */
export const fullNameOf = (name: string): string =>
  name.length === 1 ? (COMPACT[name.toLowerCase()] ?? name) : name

/** Takes a payload apart; control characters become their signs. */
export function readSipText(raw: string): SipText {
  const text = visible(raw).replace(/^\n+/, '')
  const end = text.indexOf('\n\n')
  const [firstLine = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\n')
  const isSip = /^(?:SIP\/2\.0 |\S+ \S+ SIP\/2\.0$)/.test(firstLine.trimEnd())
  if (!isSip) return { isSip, firstLine: '', headers: [], body: text }
  return { isSip, firstLine, headers: headersOf(lines), body: end < 0 ? '' : text.slice(end + 2) }
}

function headersOf(lines: readonly string[]): HeaderLine[] {
  const headers: { sentName: string; name: string; value: string }[] = []
  for (const line of lines) {
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last) last.value += `\n${line}`
    else {
      const [, sentName = '', value = line] = /^([^\s:]+)[ \t]*:[ \t]*(.*)$/s.exec(line) ?? []
      headers.push({ sentName, name: fullNameOf(sentName), value })
    }
  }
  // A message cut within its headers ends with an empty line that was none.
  return headers.filter(({ sentName, value }) => sentName !== '' || value !== '')
}
