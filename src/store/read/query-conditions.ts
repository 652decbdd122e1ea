// The parts that conditions on segments and on marks are made of (query-sql.ts puts them together): a
// column or an element of a list compared with what was typed. That becomes a parameter, never SQL.
import type { MarkedList } from '../write/minute-marks.ts'
import { cidrPrefix } from './cidr.ts'
import { foldGlob, type Glob, globMatches, likeText } from './glob.ts'
import { partyGlob } from './party-glob.ts'
import type { AddressTerm, NumberRange } from './query-terms.ts'
import { DOMAINS } from './segment-columns.ts'
import type { SqlParams } from './sql-params.ts'

/** Writes the condition on a segment `s`, its values into the parameters. */
export type Condition = (params: SqlParams) => string

/** A list in the marks has such a value, or may. */
export function marked(
  list: MarkedList,
  condition: (params: SqlParams, value: string) => string,
): Condition {
  return (params) => {
    const hasOne = anyOf(`m.${list}`, (value) => condition(params, value))
    return `m.${list} is null or ${hasOne}`
  }
}

/** What has no value at all is in no list. */
export function markedText(list: MarkedList, globs: readonly Glob[]): Condition | undefined {
  if (globs.some((glob) => globMatches(glob, ''))) return undefined
  return marked(list, (params, value) => foldedSql(params, value, globs))
}

export const PARTIES = ['from', 'to', 'ruri'] as const

export function partySql(
  params: SqlParams,
  parties: readonly (typeof PARTIES)[number][],
  globs: readonly Glob[],
): string {
  const conditions = globs.flatMap((glob) => {
    const { user, domain } = partyGlob(glob)
    return parties.map((party) => {
      const isUser = userSql(params, party, user)
      if (domain === undefined) return isUser
      return `((${isUser}) and (${foldedSql(params, DOMAINS[party], [domain])}))`
    })
  })
  return conditions.join(' or ')
}

/** The request's user stands in the row, and in its index, when it is not the To user. */
function userSql(params: SqlParams, party: (typeof PARTIES)[number], user: Glob): string {
  const isUser = textSql(params, `s.${party}_user`, [user])
  if (party !== 'ruri') return isUser
  const isTo = textSql(params, 's.to_user', [user])
  return `((${isUser}) or s.ruri_user is null and (${isTo}))`
}

/** One of the patterns, case counting. Whole texts together, so that an index is asked once. */
export function textSql(params: SqlParams, column: string, globs: readonly Glob[]): string {
  const whole = globs.flatMap((glob) => (glob.length === 1 ? [glob[0]!] : []))
  const wild = globs.filter((glob) => glob.length > 1)
  const conditions = wild.map((glob) => `${column} like ${params.text(likeText(glob))}`)
  if (whole.length === 1) conditions.unshift(`${column} = ${params.text(whole[0]!)}`)
  if (whole.length > 1) conditions.unshift(`${column} = any(${params.texts(whole)})`)
  return orAbsent(conditions, column, globs)
}

/** One of the patterns, ASCII case not counting: what `ilike` does under collation C, always. */
export function foldedSql(params: SqlParams, column: string, globs: readonly Glob[]): string {
  const folded = `(${column}) collate "C"`
  const conditions = globs.map((glob) => `${folded} ilike ${params.text(likeText(foldGlob(glob)))}`)
  return orAbsent(conditions, column, globs)
}

/** A field without value is '' in a call and null in a row. */
function orAbsent(conditions: readonly string[], column: string, globs: readonly Glob[]): string {
  const takesEmpty = globs.some((glob) => globMatches(glob, ''))
  return [...conditions, ...(takesEmpty ? [`${column} is null`] : [])].join(' or ')
}

export function anyOf(column: string, condition: (element: string) => string): string {
  return `exists (select from unnest(${column}) one where ${condition('one')})`
}

/** The condition on the text in the row, or on the shared text `x` that the row refers to. */
export function sharedSql(ref: 'user_agent' | 'captured', inRow: string, onText: string): string {
  return `${inRow} or s.${ref}_ref in (select x.id from shared_texts x where ${onText})`
}

/** A header's value in the row is a text or, when segments were joined, a list of texts. */
export function storedHeaderSql(params: SqlParams, name: string, globs: readonly Glob[]): string {
  const key = params.text(name)
  const values = `jsonb_path_query(s.headers -> ${key}, 'lax $[*]') one`
  const text = `(one #>> '{}')`
  return `s.headers ? ${key} and exists (select from ${values} where ${foldedSql(params, text, globs)})`
}

export function rangesSql(
  params: SqlParams,
  column: string,
  ranges: readonly NumberRange[],
): string {
  const conditions = ranges.map(({ min, max }) => {
    const above = `${column} >= ${params.integer(min)}`
    return max === Number.POSITIVE_INFINITY
      ? above
      : `${above} and ${column} <= ${params.integer(max)}`
  })
  return `(${conditions.join(' or ')})`
}

/**
 * By what the text begins with. IPv6 has many spellings, so all of it is let through; an IPv4 address
 * written as IPv6 has the group ffff in it, however it is written.
 */
export function blocksSql(
  params: SqlParams,
  column: string,
  blocks: AddressTerm['blocks'],
): string {
  const conditions = blocks.map((block) => {
    if (block.version === 6) return `${column} like '%:%'`
    const prefix = cidrPrefix(block)
    return `${column} like ${params.text(likeText(block.bits === 32 ? [prefix] : [prefix, '']))}`
  })
  const hasIpv4 = blocks.some(({ version }) => version === 4)
  // The colon first: hardly any address has one, and ilike is slow.
  const mapped = `${column} like '%:%' and ${column} ilike '%:ffff:%'`
  return [...conditions, ...(hasIpv4 ? [mapped] : [])].join(' or ')
}
