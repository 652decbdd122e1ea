// Two calls side by side: which messages belong together, which only one of them has, and what differs
// between those that belong together. Hosts are compared by their place in the ladder, not by address:
// the good call may have gone through another proxy of the same kind.
//
// What always differs says nothing and is left out: Call-ID, tags, branches, dates, numbers of
// sequence, credentials, lengths, and what identifies the call otherwise.
import type { CallDetail, CallMessage, LadderArrow } from '#contract'
import { commonPairs } from './diff-words.ts'
import { readSession } from './session.ts'
import { readSipText } from './sip-text.ts'

/** One row of the comparison; an index into the arrows of each call. */
export interface ComparedRow {
  readonly left: number | undefined
  readonly right: number | undefined
  /** 'User-Agent: A/1 → A/2', 'no Route', 'SDP codecs: …'; the other call's first. Empty when alike. */
  readonly differences: readonly string[]
}

const ARROWS_MAX = 1_500
const VOLATILE = new Set([
  ...['call-id', 'cseq', 'date', 'timestamp', 'content-length', 'session-id', 'x-cid', 'x-call-id'],
  ...['authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate'],
  ...['p-charging-vector', 'rseq', 'rack', 'x-rtp-stat', 'p-rtp-stat'],
])

/** Pairs the arrows of two calls, legs and all. */
export function compareCalls(left: CallDetail, right: CallDetail): readonly ComparedRow[] {
  const [a, b] = [arrowsOf(left), arrowsOf(right)]
  return commonPairs(a.map(keyOf), b.map(keyOf)).map(([i, j]): ComparedRow => {
    const [one, other] = [i === undefined ? undefined : a[i], j === undefined ? undefined : b[j]]
    return {
      left: one && left.ladder.arrows.indexOf(one.arrow),
      right: other && right.ladder.arrows.indexOf(other.arrow),
      differences: one && other ? differencesOf(one.message, other.message) : [],
    }
  })
}

interface Compared {
  readonly arrow: LadderArrow
  readonly message: CallMessage
}

function arrowsOf({ ladder, messages }: CallDetail): readonly Compared[] {
  return ladder.arrows
    .flatMap((arrow) => {
      const message = messages[arrow.message]
      // Sent again is sent again: that there are more or fewer of them is timing, said elsewhere.
      return message && message.protocol === 1 && arrow.repeatOf === null
        ? [{ arrow, message }]
        : []
    })
    .slice(0, ARROWS_MAX)
}

/** '200 OK' and '200 Okay' are the same thing, of an INVITE and of a BYE are not. */
const keyOf = ({ arrow, message }: Compared): string => {
  const what = /^\d{3}/.exec(arrow.label)?.[0] ?? arrow.label
  return `${arrow.from}>${arrow.to} ${what} ${message.cseq.split(' ')[1] ?? ''}`
}

function differencesOf(left: CallMessage, right: CallMessage): string[] {
  const [a, b] = [readSipText(left.raw), readSipText(right.raw)]
  return [...headerDifferences(fieldsOf(a), fieldsOf(b)), ...bodyDifferences(a.body, b.body)]
}

type Fields = ReadonlyMap<string, { readonly name: string; readonly values: readonly string[] }>

function headerDifferences(left: Fields, right: Fields): string[] {
  const keys = [...new Set([...left.keys(), ...right.keys()])].filter((key) => !VOLATILE.has(key))
  return keys.flatMap((key) => {
    const [one, other] = [left.get(key), right.get(key)]
    if (!one) return [`no ${other?.name}`]
    if (!other) return [`${one.name} is new`]
    const isSame = one.values.join('\n') === other.values.join('\n')
    return isSame ? [] : [changeOf(one.name, one.values, other.values)]
  })
}

const VALUE_CHARS_MAX = 40

/** Short values are said, long ones are for the diff. */
function changeOf(name: string, mine: readonly string[], theirs: readonly string[]): string {
  if (mine.length !== theirs.length) return `${name}: ${theirs.length} → ${mine.length} of them`
  const [was = '', is = ''] = [theirs[0], mine[0]]
  const isShort = mine.length === 1 && was.length + is.length <= VALUE_CHARS_MAX
  return isShort ? `${name}: ${was} → ${is}` : name
}

function fieldsOf({ headers }: ReturnType<typeof readSipText>): Fields {
  const fields = new Map<string, { name: string; values: string[] }>()
  for (const { name, value } of headers) {
    const key = name.toLowerCase()
    const field = fields.get(key) ?? { name, values: [] }
    // Of one kind of header the number of them counts (hops), not what a hop calls itself.
    field.values.push(key === 'via' || key.endsWith('route') ? '' : steady(value))
    fields.set(key, field)
  }
  return fields
}

/** Without what is made up for each call. */
const steady = (value: string): string =>
  value.replaceAll(/;\s*(?:tag|branch|received|rport|ob|expires)(?:=[^;>,\s]*)?/gi, '').trim()

function bodyDifferences(left: string, right: string): string[] {
  const [a, b] = [readSession(left), readSession(right)]
  if (!a && !b) return left.trim() === '' || right.trim() === '' || left === right ? [] : ['body']
  if (!a) return ['no SDP']
  if (!b) return ['SDP is new']
  const textsOf = (session: typeof a) =>
    session.streams.map(({ type, protocol, codecs, direction, port, suites, fingerprint }) => ({
      codecs: `${type} ${codecs.map(({ name }) => name).join(',')}`,
      direction: `${type} ${port === 0 ? 'refused' : direction}`,
      transport: `${type} ${protocol}`,
      encryption: `${type} ${suites.length > 0 ? 'SDES' : fingerprint ? 'DTLS' : 'none'}`,
    }))
  const [one, other] = [textsOf(a), textsOf(b)]
  return (['codecs', 'direction', 'transport', 'encryption'] as const).flatMap((what) => {
    const [mine, theirs] = [one, other].map((list) => list.map((texts) => texts[what]).join(' + '))
    return mine === theirs ? [] : [`SDP ${what}: ${theirs} → ${mine}`]
  })
}
