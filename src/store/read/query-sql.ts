// From a query to the segments worth looking at. Terms hold for whole calls, rows are parts of calls,
// so SQL can only name candidates: every call that answers the query has at least one segment for
// which the condition is true. What is true of a call may come from several segments (the INVITE in
// one, the 486 in the next), so terms about different things must not be ANDed on one row:
//
//   callid        every segment has it                          ┐ may be ANDed
//   from to ua …  the segment with the earliest request has all ┘
//   status ip …   some segment or other has it                    only one of these, if any
//
// Negated terms, and those that need the whole call (duration, setup, messages, text), name nobody.
// Text that people typed becomes a parameter, never SQL.
import type { Outcome } from '#contract'
import type { MarkedList } from '../write/minute-marks.ts'
import { cidrPrefix } from './cidr.ts'
import { anywhere, foldGlob, type Glob, globMatches, likeText } from './glob.ts'
import { partyGlob } from './party-glob.ts'
import type {
  AddressTerm,
  NumberRange,
  NumberTerm,
  OutcomeTerm,
  Query,
  Term,
  TextTerm,
} from './query-terms.ts'
import { DOMAINS, LISTS } from './segment-columns.ts'
import type { SqlParams } from './sql-params.ts'

/** Writes the condition on a segment `s`, its values into the parameters. */
export type Condition = (params: SqlParams) => string

interface Candidate {
  /** `id`: of every segment. `head`: of the one with the earliest request. `some`: of some segment. */
  readonly about: 'head' | 'id' | 'some'
  /** How few calls it leaves, by experience: 0 most, 100 one. */
  readonly rank: number
  readonly condition: Condition
  /** True of a row `m` of segment_minutes when a segment of that minute may meet the condition. */
  readonly minutes?: Condition | undefined
}

/** Whole Call-IDs are asked for: an index finds them wherever they are. */
export function isLookup(query: Query): boolean {
  return query.some(
    (term) =>
      term.kind === 'text' &&
      term.field === 'callid' &&
      !term.not &&
      term.globs.every((glob) => glob.length === 1 && glob[0] !== ''),
  )
}

/** The condition that every matching call meets with a segment; undefined when there is none. */
export function candidateCondition(
  query: Query,
  storedHeaders: ReadonlySet<string>,
): Condition | undefined {
  return allOf(chooseCandidates(query, storedHeaders).map(({ condition }) => condition))
}

/** The condition on marks that is met wherever the candidate condition is; undefined when none is. */
export function minuteCondition(
  query: Query,
  storedHeaders: ReadonlySet<string>,
): Condition | undefined {
  return allOf(chooseCandidates(query, storedHeaders).flatMap(({ minutes }) => minutes ?? []))
}

function allOf(conditions: readonly Condition[]): Condition | undefined {
  if (conditions.length === 0) return undefined
  return (params) => conditions.map((condition) => `(${condition(params)})`).join(' and ')
}

function chooseCandidates(query: Query, storedHeaders: ReadonlySet<string>): readonly Candidate[] {
  const candidates = query.flatMap((term) => {
    const found = term.not ? undefined : candidateOf(term, storedHeaders)
    return found === undefined ? [] : [found]
  })
  const rankOf = (all: readonly Candidate[]) => Math.max(0, ...all.map(({ rank }) => rank))
  const heads = candidates.filter(({ about }) => about === 'head')
  const others = candidates
    .filter(({ about, rank }) => about === 'some' && rank > rankOf(heads))
    .sort((a, b) => b.rank - a.rank)
    .slice(0, 1)
  return [
    ...candidates.filter(({ about }) => about === 'id'),
    ...(others.length > 0 ? others : heads),
  ]
}

function candidateOf(term: Term, storedHeaders: ReadonlySet<string>): Candidate | undefined {
  switch (term.kind) {
    case 'text':
      return textCandidate(term, storedHeaders)
    case 'number':
      return numberCandidate(term)
    case 'address':
      return addressCandidate(term)
    case 'outcome':
      return outcomeCandidate(term)
  }
}

function textCandidate(
  { field, header, globs }: TextTerm,
  storedHeaders: ReadonlySet<string>,
): Candidate | undefined {
  const head = (rank: number, condition: Condition, minutes?: Condition): Candidate => ({
    ...{ about: 'head', rank, condition, minutes },
  })
  switch (field) {
    case 'callid':
      return { about: 'id', rank: 100, condition: (params) => textSql(params, 's.call_id', globs) }
    case 'from':
    case 'to':
    case 'ruri':
      return head(rankOfGlobs(globs), (params) => partySql(params, [field], globs))
    case 'user':
      return head(rankOfGlobs(globs), (params) => partySql(params, PARTIES, globs))
    case 'any':
      return head(rankOfGlobs(globs), (params) => {
        const callId = textSql(params, 's.call_id', globs)
        return `${callId} or ${partySql(params, PARTIES, globs)}`
      })
    case 'domain':
      return head(
        40,
        (params) => PARTIES.map((party) => foldedSql(params, DOMAINS[party], globs)).join(' or '),
        markedText('domains', globs),
      )
    case 'ua': {
      const parts = globs.map(anywhere)
      const condition: Condition = (params) => foldedSql(params, 's.user_agent', parts)
      return head(30, condition, markedText('user_agents', parts))
    }
    case 'method':
      return head(5, (params) => foldedSql(params, 's.method', globs), markedText('methods', globs))
    case 'node':
      return some(
        20,
        (params) => anyOf(LISTS.capturedBy, (one) => foldedSql(params, one, globs)),
        markedText('captured_by', globs),
      )
    case 'header':
      if (!storedHeaders.has(header)) return undefined
      return some(45, (params) => storedHeaderSql(params, header, globs))
    case 'text':
      return undefined
  }
}

function some(rank: number, condition: Condition, minutes?: Condition): Candidate {
  return { about: 'some', rank, condition, minutes }
}

/** A list in the marks has such a value, or may. */
function marked(
  list: MarkedList,
  condition: (params: SqlParams, value: string) => string,
): Condition {
  return (params) => {
    const hasOne = anyOf(`m.${list}`, (value) => condition(params, value))
    return `m.${list} is null or ${hasOne}`
  }
}

/** What has no value at all is in no list. */
function markedText(list: MarkedList, globs: readonly Glob[]): Condition | undefined {
  if (globs.some((glob) => globMatches(glob, ''))) return undefined
  return marked(list, (params, value) => foldedSql(params, value, globs))
}

const PARTIES = ['from', 'to', 'ruri'] as const

/** Whole users and prefixes of some length are what an index finds. */
function rankOfGlobs(globs: readonly Glob[]): number {
  return globs.every((glob) => (glob[0] ?? '').length >= 3 || glob.length === 1) ? 90 : 35
}

function partySql(
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
function textSql(params: SqlParams, column: string, globs: readonly Glob[]): string {
  const whole = globs.flatMap((glob) => (glob.length === 1 ? [glob[0]!] : []))
  const wild = globs.filter((glob) => glob.length > 1)
  const conditions = wild.map((glob) => `${column} like ${params.text(likeText(glob))}`)
  if (whole.length === 1) conditions.unshift(`${column} = ${params.text(whole[0]!)}`)
  if (whole.length > 1) conditions.unshift(`${column} = any(${params.texts(whole)})`)
  return orAbsent(conditions, column, globs)
}

/** One of the patterns, ASCII case not counting: what `ilike` does under collation C, always. */
function foldedSql(params: SqlParams, column: string, globs: readonly Glob[]): string {
  const folded = `(${column}) collate "C"`
  const conditions = globs.map((glob) => `${folded} ilike ${params.text(likeText(foldGlob(glob)))}`)
  return orAbsent(conditions, column, globs)
}

/** A field without value is '' in a call and null in a row. */
function orAbsent(conditions: readonly string[], column: string, globs: readonly Glob[]): string {
  const takesEmpty = globs.some((glob) => globMatches(glob, ''))
  return [...conditions, ...(takesEmpty ? [`${column} is null`] : [])].join(' or ')
}

function anyOf(column: string, condition: (element: string) => string): string {
  return `exists (select from unnest(${column}) one where ${condition('one')})`
}

/** A header's value in the row is a text or, when segments were joined, a list of texts. */
function storedHeaderSql(params: SqlParams, name: string, globs: readonly Glob[]): string {
  const key = params.text(name)
  const values = `jsonb_path_query(s.headers -> ${key}, 'lax $[*]') one`
  const text = `(one #>> '{}')`
  return `s.headers ? ${key} and exists (select from ${values} where ${foldedSql(params, text, globs)})`
}

function numberCandidate({ field, ranges }: NumberTerm): Candidate | undefined {
  switch (field) {
    case 'status':
    case 'reply': {
      const isCommon = ranges.some(({ min, max }) => min < 300 && max >= 100)
      const isFinal = field === 'status' && ranges.every(({ min }) => min >= 200)
      return some(
        isCommon ? 8 : 50,
        (params) =>
          isFinal
            ? FINAL_STATUSES.map((column) => rangesSql(params, column, ranges)).join(' or ')
            : anyOf(LISTS.statuses, (one) => rangesSql(params, one, ranges)),
        marked('statuses', (params, one) => rangesSql(params, one, ranges)),
      )
    }
    case 'capture':
      return some(
        20,
        (params) => anyOf(LISTS.captureIds, (one) => rangesSql(params, one, ranges)),
        marked('capture_ids', (params, one) => rangesSql(params, one, ranges)),
      )
    case 'protocol':
      return some(
        15,
        (params) => rangesSql(params, 's.protocol', ranges),
        marked('protocols', (params, one) => rangesSql(params, one, ranges)),
      )
    case 'duration':
    case 'messages':
    case 'setup':
      return undefined
  }
}

/** One of these is the status a call is shown with, once it has a final one. */
const FINAL_STATUSES = ['s.failure_status', 's.challenge_status', 's.answer_status'] as const

function rangesSql(params: SqlParams, column: string, ranges: readonly NumberRange[]): string {
  const conditions = ranges.map(({ min, max }) => {
    const above = `${column} >= ${params.integer(min)}`
    return max === Number.POSITIVE_INFINITY
      ? above
      : `${above} and ${column} <= ${params.integer(max)}`
  })
  return `(${conditions.join(' or ')})`
}

function addressCandidate({ field, blocks }: AddressTerm): Candidate {
  const minutes = marked('hosts', (params, one) => blocksSql(params, one, blocks))
  if (field === 'ip')
    return some(
      55,
      (params) => anyOf(LISTS.hosts, (one) => blocksSql(params, one, blocks)),
      minutes,
    )
  const condition: Condition = (params) => blocksSql(params, `s.${field}_ip`, blocks)
  return { about: 'head', rank: 50, condition, minutes }
}

/**
 * By what the text begins with. IPv6 has many spellings, so all of it is let through; an IPv4 address
 * written as IPv6 has the group ffff in it, however it is written.
 */
function blocksSql(params: SqlParams, column: string, blocks: AddressTerm['blocks']): string {
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

/** The time without which a call cannot have the outcome; undefined where none is needed. */
const OUTCOME_NEEDS: Readonly<Record<Outcome, readonly string[] | undefined>> = {
  trying: undefined,
  ringing: ['ring_at'],
  answered: ['answer_at'],
  completed: ['bye_at'],
  cancelled: ['cancel_at', 'failure_at'],
  busy: ['failure_at'],
  rejected: ['failure_at'],
  unanswered: ['failure_at'],
  failed: ['failure_at'],
  'auth-failed': ['challenge_at'],
  registered: ['answer_at'],
  ok: ['answer_at'],
  unknown: undefined,
}

const COMMON_OUTCOMES = new Set<Outcome>(['ringing', 'answered', 'completed', 'registered', 'ok'])

function outcomeCandidate({ outcomes }: OutcomeTerm): Candidate | undefined {
  const columns = new Set<string>()
  for (const outcome of outcomes) {
    const needs = OUTCOME_NEEDS[outcome]
    if (needs === undefined) return undefined
    for (const column of needs) columns.add(column)
  }
  const isCommon = outcomes.some((outcome) => COMMON_OUTCOMES.has(outcome))
  // Segments with such a time have a response of 300 or more; those of CANCEL and BYE none.
  const isMarked = [...columns].every((column) => /^(failure|challenge)_at$/.test(column))
  return some(
    isCommon ? 6 : 50,
    () => [...columns].map((column) => `s.${column} is not null`).join(' or '),
    isMarked ? marked('statuses', (_, one) => `${one} >= 300`) : undefined,
  )
}
