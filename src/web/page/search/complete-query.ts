// What could be typed next, from the query and the place of the cursor. Knows the words of the language
// (docs/search.md; a test compares); values come from the server.
//
//   from:+49|ali▮        a value of `from` that begins with 'ali'; replaces 'ali'
//   outcome:fail▮        a word
//   st▮                  a field; replaces 'st'
import { OUTCOMES } from '#contract'

/** Fields, and what each finds. */
export const FIELD_HELP: readonly (readonly [field: string, finds: string])[] = [
  ['from', 'caller'],
  ['to', 'callee'],
  ['user', 'caller, callee or where it was sent'],
  ['callid', 'Call-ID'],
  ['outcome', 'how it went'],
  ['status', 'final status: 503, 4xx, >=500'],
  ['method', 'request it began with'],
  ['ip', 'address or network: 10.1.0.0/16'],
  ['src', 'address that sent the first request'],
  ['dst', 'address it was sent to'],
  ['ua', 'text in User-Agent'],
  ['duration', 'talk time: >60, <5s, >1h'],
  ['setup', 'time to ringing or answer: >3s'],
  ['domain', 'domain of a party'],
  ['ruri', 'user in the request URI'],
  ['reply', 'status of any response'],
  ['mos', 'worst media quality, 1 to 5: <3.5'],
  ['messages', 'number of messages: >100'],
  ['header.', 'value of a header'],
  ['text', 'text anywhere in the messages'],
  ['node', 'agent that captured it'],
  ['capture', 'capture id of the agent'],
  ['protocol', 'sip, rtcp, log …'],
]

const CLASSES = ['2xx', '3xx', '4xx', '5xx', '6xx', '>=500']
const WORDS: Readonly<Record<string, readonly string[]>> = {
  outcome: OUTCOMES,
  status: CLASSES,
  reply: CLASSES,
  duration: ['>60', '>1h', '<5s', '0..1s'],
  setup: ['>3s', '>10s', '<300ms'],
  mos: ['<3.5', '<2.5', '>=4'],
  messages: ['>100', '>=50', '1'],
  protocol: ['sip', 'rtcp', 'rtcpxr', 'rtpagent', 'log', 'isup', 'dns', 'rtp'],
}
/** Fields whose values the server is not asked for: they have words, or too many values. */
const NOT_ASKED = ['outcome', 'duration', 'setup', 'mos', 'messages', 'protocol', 'callid', 'text']

/** What stands at the cursor. */
export type Place =
  | { readonly kind: 'field'; readonly at: number; readonly end: number; readonly prefix: string }
  | {
      readonly kind: 'value'
      readonly at: number
      readonly end: number
      readonly prefix: string
      readonly field: string
    }

/** Finds what the cursor is in: the term, and within it the field or the last alternative. */
export function placeAt(q: string, cursor: number): Place {
  let start = 0
  let colon = -1
  let quoted = false
  for (let i = 0; i < cursor; i += 1) {
    const char = q[i]
    if (char === '\\') i += 1
    else if (char === '"') quoted = !quoted
    else if (quoted) continue
    else if (/\s/.test(char!)) {
      start = i + 1
      colon = -1
    } else if (char === ':' && colon < 0) {
      colon = i
      start = i + 1
    } else if (char === '|') start = i + 1
  }
  const rest = /^[^\s|]*/.exec(q.slice(cursor))![0].length
  const end = quoted ? cursor : cursor + rest
  if (colon < 0) {
    if (q[start] === '-') start += 1
    return { kind: 'field', at: start, end, prefix: q.slice(start, cursor) }
  }
  const field = /[\w.-]*$/.exec(q.slice(0, colon))![0].replace(/^-/, '')
  return { kind: 'value', at: start, end, prefix: bare(q.slice(start, cursor)), field }
}

const bare = (text: string): string => text.replace(/^"/, '').replaceAll(/\\(.)/g, '$1')

/** One thing to choose. */
export interface Suggestion {
  /** Put in the place of what was typed. */
  readonly text: string
  readonly help: string
  /** Replaces the whole query. */
  readonly whole?: boolean
}

/** What is known without asking: fields and words. */
export function knownSuggestions(place: Place): readonly Suggestion[] {
  const prefix = place.prefix.toLowerCase()
  if (place.kind === 'field')
    return FIELD_HELP.filter(([field]) => field.startsWith(prefix)).map(([field, help]) => ({
      text: field.endsWith('.') ? field : `${field}:`,
      help,
    }))
  return (WORDS[place.field.toLowerCase()] ?? [])
    .filter((word) => word.startsWith(prefix) && word !== prefix)
    .map((text) => ({ text, help: '' }))
}

/** The field to ask the server about; undefined when there is nothing to ask. */
export const askedField = (place: Place): string | undefined =>
  place.kind === 'value' && !NOT_ASKED.includes(place.field.toLowerCase()) ? place.field : undefined

/** A value as the query has to have it. */
export const quoted = (value: string): string =>
  /^[^\s"\\|*:()<>-][^\s"\\|*]*$/.test(value) && !value.includes('..')
    ? value
    : `"${value.replaceAll(/["\\]/g, '\\$&')}"`

/** The query with the suggestion in its place, and where the cursor goes. */
export function applied(
  q: string,
  place: Place,
  { text, whole }: Suggestion,
): { readonly q: string; readonly cursor: number } {
  if (whole) return { q: text, cursor: text.length }
  const isDone = place.kind === 'value'
  const rest = q.slice(place.end).trimStart()
  const head = q.slice(0, place.at) + text + (isDone ? ' ' : '')
  return { q: head + rest, cursor: head.length }
}
