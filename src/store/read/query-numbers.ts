// Numbers in queries: `60`, `>=1.5m`, `<300ms`, `10..20`, `4xx`. Everything becomes a range of whole
// numbers with both ends included; times are microseconds, so a plain `60` means the second that
// people read as 60: from 60 s up to, but not with, 61 s. MOS is in hundredths: `4.1` is 4.10 to 4.19.
import { fail, type Place } from './query-lex.ts'
import type { NumberField, NumberRange } from './query-terms.ts'

const UNIT_US = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 } as const
type Unit = keyof typeof UNIT_US

/** A hundred years in microseconds: far from where doubles lose whole numbers. */
export const NUMBER_MAX = 3_200_000_000_000_000

const TIME_HINT =
  'Allowed: 60 (seconds), 300ms, 1.5m, 2h, with > >= < <= before it, or a range such as 10..20.'
const COUNT_HINT = 'Allowed: a whole number, with > >= < <= before it, or a range such as 10..20.'
const MOS_HINT =
  'Allowed: 1 to 5 with up to two decimals, with > >= < <= before it, or a range such as 1..3.5.'
const STATUS_HINT = `${COUNT_HINT.slice(0, -1)}, or a class such as 4xx.`

/** How its numbers are written: `60s`, `3.5`, or whole. */
type Notation = 'time' | 'hundredths' | 'whole'

function notationOf(field: NumberField): Notation {
  if (field === 'mos') return 'hundredths'
  return field === 'duration' || field === 'setup' ? 'time' : 'whole'
}

const HINTS: Readonly<Record<Notation, string>> = {
  ...{ time: TIME_HINT, hundredths: MOS_HINT, whole: COUNT_HINT },
}

/** Reads one alternative of a number field; throws QueryError at its place when it is none. */
export function readRange(field: NumberField, text: string, place: Place): NumberRange {
  const isStatus = field === 'status' || field === 'reply'
  const notation = notationOf(field)
  const hint = isStatus ? STATUS_HINT : HINTS[notation]
  const range =
    (isStatus ? statusClass(text) : undefined) ??
    compared(text, notation) ??
    between(text, notation)
  if (range === undefined)
    return fail('bad_number', `${JSON.stringify(text)} is no number for ${field}:.`, place, hint)
  if (range.min > range.max)
    fail('empty_range', `Nothing lies in ${JSON.stringify(text)}.`, place, hint)
  return range
}

function statusClass(text: string): NumberRange | undefined {
  const match = /^([1-6])xx$/i.exec(text)
  return match ? { min: Number(match[1]) * 100, max: Number(match[1]) * 100 + 99 } : undefined
}

function compared(text: string, notation: Notation): NumberRange | undefined {
  const match = /^(>=|<=|>|<|=)?(.*)$/.exec(text)
  const read = match === null ? undefined : readNumber(match[2]!, notation)
  if (read === undefined) return undefined
  const { value, step } = read
  switch (match?.[1]) {
    case '>':
      return { min: value + 1, max: Number.POSITIVE_INFINITY }
    case '>=':
      return { min: value, max: Number.POSITIVE_INFINITY }
    case '<':
      return { min: 0, max: value - 1 }
    case '<=':
      return { min: 0, max: value }
    default:
      return { min: value, max: value + step - 1 }
  }
}

function between(text: string, notation: Notation): NumberRange | undefined {
  const dots = text.indexOf('..')
  if (dots < 0) return undefined
  const max = readNumber(text.slice(dots + 2), notation)
  // In 10..20m both are minutes.
  const min = readNumber(text.slice(0, dots), notation, max?.unit)
  return min === undefined || max === undefined ? undefined : { min: min.value, max: max.value }
}

interface ReadNumber {
  readonly value: number
  /** How much a plain number stands for: one of its unit. */
  readonly step: number
  readonly unit: Unit
}

const NUMBER = /^(\d{1,16})(?:\.(\d{1,9}))?(us|ms|s|m|h)?$/i

const DECIMALS_MAX: Readonly<Record<Notation, number>> = { time: 9, hundredths: 2, whole: 0 }

function readNumber(
  text: string,
  notation: Notation,
  unitBefore: Unit = 's',
): ReadNumber | undefined {
  const match = NUMBER.exec(text)
  if (match === null) return undefined
  const [, whole, fraction = '', unitText] = match
  if (fraction.length > DECIMALS_MAX[notation]) return undefined
  if (notation !== 'time' && unitText !== undefined) return undefined
  const unit = (unitText?.toLowerCase() as Unit | undefined) ?? unitBefore
  const factor = { time: UNIT_US[unit], hundredths: 100, whole: 1 }[notation]
  const value = Math.round(Number(`${whole}.${fraction || 0}`) * factor)
  const step = notation === 'hundredths' ? 100 / 10 ** fraction.length : factor
  return value <= NUMBER_MAX ? { value, step, unit } : undefined
}

/** The range as text that `readRange` reads back. */
export function rangeText(field: NumberField, { min, max }: NumberRange): string {
  const notation = notationOf(field)
  const unit = notation === 'time' ? 'us' : ''
  const textOf = (n: number) => (notation === 'hundredths' ? (n / 100).toFixed(2) : `${n}${unit}`)
  if (max === Number.POSITIVE_INFINITY) return `>=${textOf(min)}`
  return min === max && unit === '' ? textOf(min) : `${textOf(min)}..${textOf(max)}`
}
