// A query as data. Terms are ANDed, the alternatives within one are ORed, `not` turns the term round:
// it then holds for every call the same term without the minus does not hold for.
import type { Outcome } from '#contract'
import type { CidrBlock } from './cidr.ts'
import type { Glob } from './glob.ts'

export type Query = readonly Term[]
export type Term = TextTerm | NumberTerm | AddressTerm | OutcomeTerm

/** `any` is a bare word: users and call ids. */
export type TextField =
  | 'any'
  | 'callid'
  | 'domain'
  | 'from'
  | 'header'
  | 'method'
  | 'node'
  | 'ruri'
  | 'text'
  | 'to'
  | 'ua'
  | 'user'

export interface TextTerm {
  readonly kind: 'text'
  readonly not: boolean
  readonly field: TextField
  /** Name of the header in lower case for field `header`, '' for the others. */
  readonly header: string
  readonly globs: readonly Glob[]
}

export type NumberField =
  | 'capture'
  | 'duration'
  | 'messages'
  | 'mos'
  | 'protocol'
  | 'reply'
  | 'setup'
  | 'status'

/** Both ends included. Times are whole microseconds, so that `>60` has a next value to begin at. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

export interface NumberTerm {
  readonly kind: 'number'
  readonly not: boolean
  readonly field: NumberField
  readonly ranges: readonly NumberRange[]
}

export interface AddressTerm {
  readonly kind: 'address'
  readonly not: boolean
  readonly field: 'dst' | 'ip' | 'src'
  readonly blocks: readonly CidrBlock[]
}

export interface OutcomeTerm {
  readonly kind: 'outcome'
  readonly not: boolean
  readonly outcomes: readonly Outcome[]
}
