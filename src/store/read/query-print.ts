// A query back as text: what parseQuery reads back to the same terms. Used for the cursor, which must
// know that it belongs to the search it came from, and as the parser's inverse in tests.
import { cidrText } from './cidr.ts'
import type { Glob } from './glob.ts'
import { rangeText } from './query-numbers.ts'
import type { Query, Term } from './query-terms.ts'

/** The query in its one canonical spelling. */
export function printQuery(query: Query): string {
  return query.map(printTerm).join(' ')
}

function printTerm(term: Term): string {
  return `${term.not ? '-' : ''}${fieldText(term)}${valueTexts(term).join('|')}`
}

function fieldText(term: Term): string {
  switch (term.kind) {
    case 'text':
      if (term.field === 'any') return ''
      return term.field === 'header' ? `header.${term.header}:` : `${term.field}:`
    case 'number':
    case 'address':
      return `${term.field}:`
    case 'outcome':
      return 'outcome:'
  }
}

function valueTexts(term: Term): readonly string[] {
  switch (term.kind) {
    case 'text':
      return term.globs.map(globText)
    case 'number':
      return term.ranges.map((range) => rangeText(term.field, range))
    case 'address':
      return term.blocks.map(cidrText)
    case 'outcome':
      return term.outcomes
  }
}

function globText(glob: Glob): string {
  if (glob.length === 1) return literalText(glob[0]!)
  return glob.map((piece) => (piece === '' ? '' : literalText(piece))).join('*')
}

/** Quoted unless it is plain letters and digits: a colon or a minus may mean something. */
function literalText(text: string): string {
  return /^[+\w@.]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`
}
