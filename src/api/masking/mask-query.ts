// A search could be asked for what masking hides: `from:49891*`, then `from:498911*`, digit by digit.
// So whoever sees masked numbers may search for a number they know, whole, and for the ends that are
// shown anyway, but not for parts. Guessing whole numbers is left: the rate of requests bounds it, and
// who it was stands in the log.
//
// This reads words, not the query language: anything with a wildcard and more digits than are shown is
// refused, in whatever field it stands; also `text:`, which finds parts by itself.

import { ApiError } from '../errors.ts'
import type { DigitCipher } from './digit-cipher.ts'
import type { Masking } from './masking.ts'

/** The query as it may be asked; throws `bad_query` at the word that may not. */
export function maskQuery(q: string, { numbers }: Masking, cipher: DigitCipher): string {
  if (!numbers) return q
  for (const { 0: word, index } of q.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)) {
    const [, field = '', value = ''] = /^-?(?:([\w.-]+):)?(.*)$/s.exec(word) ?? []
    if (OPEN_FIELDS.has(field.toLowerCase())) continue
    const isText = /^(text|header\..*|ua)$/i.test(field)
    const isPart = value.split('|').some((one) => isPartOfNumber(one, isText, numbers))
    if (isPart)
      throw new ApiError(
        'bad_query',
        'Numbers are masked for you: parts of them cannot be searched for.',
        'Give the whole number, without *.',
        { place: { at: index, length: word.length, reason: 'masked' } },
      )
  }
  return q.replaceAll(/(^|[\s-])callid:([^\s"|*]+)/gi, (_, before, id) =>
    /\d{6}/.test(id) ? `${before}callid:${cipher.show(id)}|${id}` : `${before}callid:${id}`,
  )
}

// Nothing in them is a number of anybody.
const OPEN_FIELDS = new Set([
  ...['status', 'reply', 'outcome', 'duration', 'setup', 'messages', 'ip', 'src', 'dst', 'node'],
  ...['capture', 'protocol', 'method'],
])

function isPartOfNumber(
  value: string,
  isText: boolean,
  { keepFirst, keepLast }: NonNullable<Masking['numbers']>,
): boolean {
  const digits = value.replaceAll(/\D/g, '').length
  if (isText) return digits > 2
  if (!value.includes('*') || digits === 0) return false
  const isShownStart = /^\+?\d+\*$/.test(value) && digits <= keepFirst
  const isShownEnd = /^\*\d+$/.test(value) && digits <= keepLast
  return !isShownStart && !isShownEnd
}
