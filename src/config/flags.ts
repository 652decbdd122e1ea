// Command-line flags from a table. Every problem is found before anything is reported, each names
// the flag, the value and what is allowed, and the nearest known flag when one was mistyped.
import type { Setting } from './settings.ts'
import { flagOf } from './settings.ts'

/** Something wrong with what the user gave: where it stood, and what is allowed. */
export interface Problem {
  readonly where: string
  readonly message: string
}

/** Bad flags or configuration; `main` prints every problem and exits 2. */
export class UsageError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join('\n'))
    this.problems = problems
  }
}

export type FlagTable = Readonly<Record<string, Setting<unknown> | Setting<never>>>

export interface RawFlags {
  /** By table key, as typed. */
  readonly given: ReadonlyMap<string, string | boolean>
  readonly positionals: readonly string[]
  readonly problems: readonly Problem[]
}

/** Sorts `argv` into flags of the table and positionals. `--flag value`, `--flag=value`, `--no-flag`. */
export function readFlags(argv: readonly string[], table: FlagTable): RawFlags {
  const byFlag = new Map(Object.entries(table).map(([key, s]) => [flagOf(key, s), { key, ...s }]))
  const given = new Map<string, string | boolean>()
  const positionals: string[] = []
  const problems: Problem[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--')
      return { given, positionals: [...positionals, ...argv.slice(i + 1)], problems }
    if (!word.startsWith('--')) {
      if (/^-[a-z]/i.test(word)) problems.push(unknownFlag(word, byFlag))
      else positionals.push(word)
      continue
    }
    const [name, inline] = splitFlag(word)
    const positive = byFlag.get(name)
    const negated = name.startsWith('no-') ? byFlag.get(name.slice(3)) : undefined
    if (positive && positive.kind.placeholder === '') given.set(positive.key, inline ?? true)
    else if (positive && (inline !== undefined || hasValue(argv[i + 1])))
      give(given, positive, inline ?? argv[++i]!)
    else if (positive)
      problems.push({ where: `--${name}`, message: `needs a value: ${positive.kind.placeholder}` })
    else if (negated?.kind.placeholder === '') given.set(negated.key, false)
    else problems.push(unknownFlag(word, byFlag))
  }
  return { given, positionals, problems }
}

function give(
  given: Map<string, string | boolean>,
  { key, kind }: { readonly key: string; readonly kind: { readonly repeats?: boolean } },
  value: string,
): void {
  const before = given.get(key)
  given.set(key, kind.repeats && typeof before === 'string' ? `${before},${value}` : value)
}

// A value may begin with one dash (`--from -15m`), not with two.
const hasValue = (next: string | undefined): boolean => next !== undefined && !next.startsWith('--')

function splitFlag(word: string): [string, string | undefined] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word.slice(2), undefined] : [word.slice(2, equals), word.slice(equals + 1)]
}

function unknownFlag(word: string, known: ReadonlyMap<string, unknown>): Problem {
  const name = word.replace(/^-+/, '').split('=')[0]!
  const near = nearest(name, [...known.keys(), 'help'])
  return {
    where: word.split('=')[0]!,
    message: near ? `no such flag; did you mean --${near}?` : 'no such flag; see --help',
  }
}

/** The candidate within two edits of `word`, if any. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({
    candidate,
    edits: editDistance(word, candidate),
  }))
  const best = ranked.sort((a, b) => a.edits - b.edits)[0]
  return best && best.edits <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[b.length]!
}
