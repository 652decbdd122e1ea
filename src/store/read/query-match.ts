// Does a merged call answer a query? The exact answer; SQL only finds candidates (query-sql.ts).
import type { CallState } from '#sip'
import { durationMsOf, outcomeOf, readHeaders, setupMsOf } from '#sip'
import { statusOf } from './call-row.ts'
import { cidrContains } from './cidr.ts'
import { anywhere, foldCase, foldGlob, type Glob, globMatches } from './glob.ts'
import type { MergedCall } from './merged-call.ts'
import { partyGlob } from './party-glob.ts'
import type { AddressTerm, NumberField, Query, Term, TextField, TextTerm } from './query-terms.ts'

/** Must the messages be loaded to answer it? Headers are in the rows only where configured. */
export function needsMessages(query: Query, storedHeaders: ReadonlySet<string>): boolean {
  return query.some(
    (term) =>
      term.kind === 'text' &&
      (term.field === 'text' || (term.field === 'header' && !storedHeaders.has(term.header))),
  )
}

/** Does every term hold for the call? */
export function matchesQuery(
  query: Query,
  call: MergedCall,
  storedHeaders: ReadonlySet<string>,
): boolean {
  return query.every((term) => holds(term, call, storedHeaders) !== term.not)
}

function holds(term: Term, call: MergedCall, storedHeaders: ReadonlySet<string>): boolean {
  switch (term.kind) {
    case 'text':
      if (term.field === 'header') return headerHolds(term, call, storedHeaders)
      return textHolds(term, call)
    case 'number': {
      const numbers = numbersOf(term.field, call)
      return term.ranges.some(({ min, max }) => numbers.some((n) => n >= min && n <= max))
    }
    case 'address': {
      const addresses = addressesOf(term.field, call)
      return term.blocks.some((block) => addresses.some((ip) => cidrContains(block, ip)))
    }
    case 'outcome':
      return term.outcomes.includes(outcomeOf(call.state))
  }
}

function textHolds({ field, globs }: TextTerm, call: MergedCall): boolean {
  switch (field) {
    case 'from':
    case 'to':
    case 'ruri':
    case 'user':
      return globs.some((glob) => isParty(field, glob, call.state))
    case 'any':
      return globs.some(
        (glob) => globMatches(glob, call.sentCallId) || isParty('user', glob, call.state),
      )
    case 'callid':
      return globs.some((glob) => globMatches(glob, call.sentCallId))
    case 'ua':
      return anyFolded(globs.map(anywhere), [call.state.userAgent])
    case 'text':
      return anyFolded(
        globs.map(anywhere),
        call.payloads().map((payload) => payload.toString('utf8')),
      )
    case 'domain':
    case 'method':
    case 'node':
      return anyFolded(globs, wordsOf(field, call))
    case 'header':
      return false // headerHolds, above
  }
}

function isParty(field: 'from' | 'ruri' | 'to' | 'user', glob: Glob, state: CallState): boolean {
  if (field === 'user')
    return (
      isParty('from', glob, state) || isParty('to', glob, state) || isParty('ruri', glob, state)
    )
  const { user, domain } = partyGlob(glob)
  if (!globMatches(user, state[`${field}User`])) return false
  return domain === undefined || globMatches(domain, foldCase(state[`${field}Domain`]))
}

function anyFolded(globs: readonly Glob[], texts: readonly string[]): boolean {
  const folded = texts.map(foldCase)
  return globs.map(foldGlob).some((glob) => folded.some((text) => globMatches(glob, text)))
}

type WordField = Extract<TextField, 'domain' | 'method' | 'node'>

function wordsOf(field: WordField, call: MergedCall): readonly string[] {
  const { state } = call
  switch (field) {
    case 'domain':
      return [state.fromDomain, state.toDomain, state.ruriDomain]
    case 'method':
      return [state.method]
    case 'node':
      return [...call.capturedBy]
  }
}

/** From the rows where the header is kept there, else from the messages. */
function headerHolds(
  { header, globs }: TextTerm,
  call: MergedCall,
  storedHeaders: ReadonlySet<string>,
): boolean {
  const values = storedHeaders.has(header)
    ? [...(call.headers.get(header) ?? [])]
    : sentHeaders(header, call)
  return anyFolded(globs, values)
}

function sentHeaders(name: string, call: MergedCall): readonly string[] {
  return call.payloads().flatMap((payload) =>
    readHeaders(payload)
      .filter((header) => isNamed(name, header))
      .map(({ value }) => value),
  )
}

function isNamed(name: string, header: { name: string; sentName: string }): boolean {
  return header.name.toLowerCase() === name || header.sentName.toLowerCase() === name
}

function numbersOf(field: NumberField, call: MergedCall): readonly number[] {
  switch (field) {
    case 'status':
      return optional(statusOf(call))
    case 'reply':
      return [...call.statuses]
    case 'duration':
      return optional(microseconds(durationMsOf(call.state)))
    case 'setup':
      return optional(microseconds(setupMsOf(call.state)))
    case 'mos':
      return optional(call.mos)
    case 'messages':
      return [call.state.messageCount]
    case 'capture':
      return [...call.captureIds]
    case 'protocol':
      return [...call.protocols]
  }
}

function optional(number: number | undefined): readonly number[] {
  return number === undefined ? [] : [number]
}

/** The milliseconds were made by dividing whole microseconds: rounding gives those back. */
function microseconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1_000)
}

function addressesOf(field: AddressTerm['field'], { state, hosts }: MergedCall): readonly string[] {
  switch (field) {
    case 'ip':
      return [...hosts]
    case 'src':
      return [state.srcIp]
    case 'dst':
      return [state.dstIp]
  }
}
