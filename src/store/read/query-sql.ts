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
import { anywhere, type Glob } from './glob.ts'
import {
  anyOf,
  blocksSql,
  type Condition,
  foldedSql,
  marked,
  markedText,
  PARTIES,
  partySql,
  rangesSql,
  sharedSql,
  storedHeaderSql,
  textSql,
} from './query-conditions.ts'
import type { AddressTerm, NumberTerm, OutcomeTerm, Query, Term, TextTerm } from './query-terms.ts'
import { CAPTURED, DOMAINS, LISTS } from './segment-columns.ts'

export type { Condition } from './query-conditions.ts'

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
      const condition: Condition = (params) => {
        const [inRow, onText] = ['s.user_agent', 'x.text'].map((of) => foldedSql(params, of, parts))
        return sharedSql('user_agent', inRow!, onText!)
      }
      return head(30, condition, markedText('user_agents', parts))
    }
    case 'method':
      return head(5, (params) => foldedSql(params, 's.method', globs), markedText('methods', globs))
    case 'node':
      return some(
        20,
        (params) => {
          const meets = (list: string) => anyOf(list, (one) => foldedSql(params, one, globs))
          return sharedSql('captured', meets(LISTS.capturedBy), meets(CAPTURED.names))
        },
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

/** Whole users and prefixes of some length are what an index finds. */
function rankOfGlobs(globs: readonly Glob[]): number {
  return globs.every((glob) => (glob[0] ?? '').length >= 3 || glob.length === 1) ? 90 : 35
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
        (params) => {
          const meets = (list: string) => anyOf(list, (one) => rangesSql(params, one, ranges))
          return sharedSql('captured', meets(LISTS.captureIds), meets(CAPTURED.ids))
        },
        marked('capture_ids', (params, one) => rangesSql(params, one, ranges)),
      )
    case 'protocol':
      return some(
        15,
        (params) => rangesSql(params, 's.protocol', ranges),
        marked('protocols', (params, one) => rangesSql(params, one, ranges)),
      )
    case 'mos':
      return some(48, (params) => {
        const [own, others] = ['s.mos', 'q.mos'].map((column) => rangesSql(params, column, ranges))
        return `${own} or s.call_id = any(array(
          select q.call_id from call_quality q where ${others} order by q.at desc limit ${QUALITY_MAX}))`
      })
    case 'duration':
    case 'messages':
    case 'setup':
      return undefined
  }
}

/** Calls whose quality only somebody else's message tells: the newest so many. */
const QUALITY_MAX = 10_000

/** One of these is the status a call is shown with, once it has a final one. */
const FINAL_STATUSES = ['s.failure_status', 's.challenge_status', 's.answer_status'] as const

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
