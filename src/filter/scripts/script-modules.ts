// A script file as the sandbox takes it: TypeScript stripped of its types, and the names of the functions it
// exports, in the order they stand in the file, which is the order they are called in.
import type { ScriptFile } from '../filter-options.ts'

export interface ScriptModule {
  readonly name: string
  readonly code: string
  /** Exported names; whether each is a function is known when it has run. */
  readonly exports: readonly string[]
  /** A line of `code` as people find it in their file: its number there, or what stands in it. */
  place(line: number): string
}

const strip = new Bun.Transpiler({ loader: 'ts', target: 'browser' })
const plain = new Bun.Transpiler({ loader: 'js', target: 'browser' })

/** Throws an Error that names the file and what is wrong with it. */
export function readModule({ name, text }: ScriptFile): ScriptModule {
  try {
    const { exports, imports } = strip.scan(text)
    if (imports.length > 0)
      throw new Error(`it imports '${imports[0]!.path}', and a sandbox has nothing to import`)
    if (exports.length === 0) throw new Error('it exports no function that could be called')
    // What is plain JavaScript runs as it stands, and its lines keep their numbers.
    const code = isPlain(text) ? text : strip.transformSync(text)
    const place = (line: number) => `${name}:${placeOf(line, code, text)}`
    return { name, code, exports: inOrder(exports, code), place }
  } catch (error) {
    throw new Error(`script ${name}: ${faultOf(error)}`)
  }
}

function isPlain(text: string): boolean {
  try {
    plain.scan(text)
    return true
  } catch {
    return false
  }
}

function placeOf(line: number, code: string, text: string): string {
  if (code === text) return String(line)
  const meant = bare(code.split('\n')[line - 1] ?? '')
  const lines = text.split('\n').flatMap((each, i) => (bare(each) === meant ? [i + 1] : []))
  return lines.length === 1 ? String(lines[0]) : ` ${(code.split('\n')[line - 1] ?? '').trim()}`
}

/** Stripping types changes quotes and blanks. */
const bare = (line: string): string => line.replace(/[\s;,'"`]/g, '')

// The engine sorts them by name.
function inOrder(exports: readonly string[], code: string): string[] {
  const placeIn = (name: string) => {
    const pattern =
      name === 'default' ? /\bexport\s+default\b/ : new RegExp(`\\b${escaped(name)}\\b`)
    return code.search(pattern)
  }
  return exports.toSorted((a, b) => placeIn(a) - placeIn(b))
}

const escaped = (name: string): string => name.replaceAll('$', '\\$')

/** Of a syntax error, the first place. */
function faultOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return faultOf(error.errors[0])
  const { message, position } = error as Error & { position?: { line: number; column: number } }
  return position ? `line ${position.line}:${position.column}: ${message}` : message
}
