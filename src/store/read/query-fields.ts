// The fields of the query language: the table the parser reads, error messages quote and
// docs/search.md explains (a test compares). Text fields match the whole value and take `*` for parts
// of it, except prose (`ua`, `text`), which is searched for anywhere. Case counts in users and
// Call-IDs, where SIP says so (RFC 3261 §19.1.4), and nowhere else.
import type { AddressTerm, NumberField, TextField } from './query-terms.ts'

export type FieldKind =
  | { readonly kind: 'text'; readonly field: Exclude<TextField, 'any' | 'header'> }
  | { readonly kind: 'number'; readonly field: NumberField }
  | { readonly kind: 'address'; readonly field: AddressTerm['field'] }
  | { readonly kind: 'outcome' }

const text = (field: Exclude<TextField, 'any' | 'header'>): FieldKind => ({ kind: 'text', field })
const number = (field: NumberField): FieldKind => ({ kind: 'number', field })
const address = (field: AddressTerm['field']): FieldKind => ({ kind: 'address', field })

/** Every field but `header.NAME`, which has a name of its own behind the dot. */
export const FIELDS: ReadonlyMap<string, FieldKind> = new Map([
  ['from', text('from')],
  ['to', text('to')],
  ['ruri', text('ruri')],
  ['user', text('user')],
  ['domain', text('domain')],
  ['callid', text('callid')],
  ['method', text('method')],
  ['ua', text('ua')],
  ['text', text('text')],
  ['node', text('node')],
  ['status', number('status')],
  ['reply', number('reply')],
  ['outcome', { kind: 'outcome' }],
  ['duration', number('duration')],
  ['setup', number('setup')],
  ['mos', number('mos')],
  ['messages', number('messages')],
  ['capture', number('capture')],
  ['protocol', number('protocol')],
  ['ip', address('ip')],
  ['src', address('src')],
  ['dst', address('dst')],
])

/** Names for HEP protocol types that people know better than the numbers. */
export const PROTOCOL_WORDS: ReadonlyMap<string, number> = new Map([
  ['sip', 1],
  ['rtp', 4],
  ['rtcp', 5],
  ['rtpagent', 34],
  ['rtcpxr', 35],
  ['dns', 53],
  ['isup', 54],
  ['log', 100],
])

/** `from, to, … or header.NAME`, for hints. */
export const FIELD_NAMES_TEXT = `${[...FIELDS.keys()].join(', ')} or header.NAME`

/** The known field that is most likely meant by `name`; undefined when none is near. */
export function nearestField(name: string): string | undefined {
  let nearest: string | undefined
  let distanceMin = Math.max(1, Math.ceil(name.length / 3)) + 1
  for (const known of [...FIELDS.keys(), 'header']) {
    const distance = known.startsWith(name) ? 1 : editDistance(name, known)
    if (distance >= distanceMin) continue
    nearest = known
    distanceMin = distance
  }
  return nearest
}

/** Letters to insert, delete or replace; two that changed places count as one (Damerau). */
function editDistance(a: string, b: string): number {
  let above: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1]
      let best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, above[j - 2]! + 1)
      next.push(best)
    }
    above = row
    row = next
  }
  return row[b.length]!
}
