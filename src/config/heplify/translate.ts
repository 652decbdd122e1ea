// heplify-server's keys as Calliope's settings, with a line on each: what became of it. A pure function:
// what was given goes in, settings and lines come out, and every bad value at once.
import type { Problem } from '../flags.ts'
import { nearest } from '../flags.ts'
import { addressFault, isPostgres } from './database-url.ts'
import type { HeplifyKey, Outcome, ReportKind, Values } from './heplify-key.ts'
import { HEPLIFY_KEYS, keyNamed } from './keys.ts'

/** A value as it was given, and where. */
export interface HeplifyGiven {
  readonly raw: unknown
  /** 'heplify-server.toml: DBAddr', 'HEPLIFYSERVER_DBADDR' or '-dbaddr'. */
  readonly origin: string
}

/** A line of the report. */
export interface ReportLine {
  readonly key: string
  /** As given; secrets hidden. */
  readonly value: string
  readonly kind: ReportKind
  readonly what: string
  readonly origin: string
  /** The settings it became. */
  readonly settings: readonly string[]
}

export interface Translation {
  readonly settings: ReadonlyMap<string, HeplifyGiven>
  readonly lines: readonly ReportLine[]
  readonly problems: readonly Problem[]
}

const BY_DEFAULT = 'default'

/** What becomes of the keys in `given`, which may be written in any case. */
export function translateHeplify(given: ReadonlyMap<string, HeplifyGiven>): Translation {
  const known = new Map<string, HeplifyGiven>()
  const unknown: ReportLine[] = []
  for (const [name, entry] of given) {
    const key = keyNamed(name)
    if (key === undefined) unknown.push(unknownLine(name, entry))
    else known.set(key, entry)
  }
  const problems: Problem[] = []
  const values = new GivenValues(known, problems)
  problems.push(...clashes(values, known))
  const settings = new Map<string, HeplifyGiven>()
  const lines: ReportLine[] = []
  for (const [key, entry] of Object.entries(HEPLIFY_KEYS)) {
    if (!known.has(key) && !countsWhenAbsent(entry, known)) continue
    const from = known.get(key) ?? { raw: entry.byDefault, origin: BY_DEFAULT }
    const outcome = outcomeOf(entry, values)
    const origin = known.has(key) ? from.origin : `heplify-server's default ${key}`
    for (const [setting, raw] of Object.entries(outcome.settings ?? {}))
      settings.set(setting, joined(settings.get(setting), { raw, origin }))
    lines.push(lineOf(key, entry, from, outcome))
  }
  return { settings, lines: [...lines, ...unknown], problems }
}

// Several keys may each add to one list, such as relay.to.
const joined = (before: HeplifyGiven | undefined, now: HeplifyGiven): HeplifyGiven =>
  Array.isArray(before?.raw) && Array.isArray(now.raw)
    ? { raw: [...before.raw, ...now.raw], origin: before.origin }
    : now

function countsWhenAbsent(
  { absent = [] }: HeplifyKey,
  known: ReadonlyMap<string, unknown>,
): boolean {
  return absent === 'always' || absent.some((key) => known.has(key))
}

function outcomeOf({ partOf, meaning, outcome }: HeplifyKey, all: GivenValues): Outcome {
  if (partOf !== undefined && isOff(all.of(partOf)))
    return { kind: 'ignored', what: `${partOf} is off` }
  return meaning ? meaning(all) : outcome
}

const isOff = (value: unknown): boolean =>
  value === false || value === '' || value === 'off' || (Array.isArray(value) && value.length === 0)

function lineOf(
  key: string,
  { value: { secret = false } }: HeplifyKey,
  { raw, origin }: HeplifyGiven,
  { kind, what, settings = {} }: Outcome,
): ReportLine {
  const value = secret && raw !== '' ? '(hidden)' : showRaw(raw)
  return { key, value, kind, what, origin, settings: Object.keys(settings) }
}

// Names and passwords in front of a host are nobody's business.
const showRaw = (raw: unknown): string =>
  (Array.isArray(raw) ? raw.join(',') : String(raw)).replace(/[^/\s]*@/g, '***@') || "''"

function unknownLine(name: string, { origin }: HeplifyGiven): ReportLine {
  const near = nearest(
    name.toLowerCase(),
    Object.keys(HEPLIFY_KEYS).map((key) => key.toLowerCase()),
  )
  const meant = near === undefined ? '' : `; did you mean ${keyNamed(near)}?`
  // It may be a password whose key was mistyped.
  const value = '(not shown)'
  return {
    ...{ key: name, value, kind: 'ignored', origin, settings: [] },
    what: `heplify-server has no such key, and leaves it out as well${meant}`,
  }
}

// Values that are each allowed and together are not.
function* clashes(v: Values, known: ReadonlyMap<string, HeplifyGiven>): Generator<Problem> {
  const where = (key: string) => known.get(key)?.origin ?? key
  const fault = isPostgres(v) ? addressFault(v.text('DBAddr')) : undefined
  if (fault !== undefined)
    yield {
      where: where('DBAddr'),
      message: `'${showRaw(v.text('DBAddr'))}' is not allowed: ${fault}`,
    }
  const [addresses, names] = [v.list('PromTargetIP'), v.list('PromTargetName')]
  if (addresses.length !== names.length)
    yield {
      where: where('PromTargetName'),
      message: `has ${names.length} names for ${addresses.length} addresses in PromTargetIP; give as many of both`,
    }
  if (v.flag('TLSRequireClientCert') && v.text('TLSClientCAFile') === '')
    yield {
      where: where('TLSRequireClientCert'),
      message:
        'needs TLSClientCAFile: the authority whose certificates agents must show (PEM file)',
    }
}

// Each value is checked once; a bad one is told, and stands as its default meanwhile.
class GivenValues implements Values {
  readonly #values = new Map<string, unknown>()
  readonly #known: ReadonlyMap<string, HeplifyGiven>

  constructor(known: ReadonlyMap<string, HeplifyGiven>, problems: Problem[]) {
    this.#known = known
    for (const [key, { value, byDefault }] of Object.entries(HEPLIFY_KEYS)) {
      const from = known.get(key)
      const parsed = value.parse(from?.raw ?? byDefault)
      const standing = 'value' in parsed ? parsed : value.parse(byDefault)
      this.#values.set(key, 'value' in standing ? standing.value : byDefault)
      if ('value' in parsed || from === undefined) continue
      const shown = value.secret ? 'the value' : `'${showRaw(from.raw)}'`
      problems.push({
        where: from.origin,
        message: `${shown} is not allowed; give ${parsed.allowed}`,
      })
    }
  }

  of(key: string): unknown {
    return this.#values.get(key)
  }

  has(key: string): boolean {
    return this.#known.has(key)
  }

  text(key: string): string {
    return String(this.#values.get(key))
  }

  flag(key: string): boolean {
    return this.#values.get(key) === true
  }

  number(key: string): number {
    return Number(this.#values.get(key))
  }

  list(key: string): readonly string[] {
    const value = this.#values.get(key)
    return Array.isArray(value) ? value.map(String) : value === '' ? [] : [String(value)]
  }
}
