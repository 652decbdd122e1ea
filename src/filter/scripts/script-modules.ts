// A script file as the sandbox takes it: TypeScript stripped of its types, and the names of the functions it
// exports, in the order they stand in the file, which is the order they are called in.
import type { ScriptFile } from '../filter-options.ts'

export interface ScriptModule {
  readonly name: string
  readonly code: string
  /** Exported names; whether each is a function is known when it has run. */
  readonly exports: readonly string[]
}

const strip = new Bun.Transpiler({ loader: 'ts', target: 'browser' })

/** Throws an Error that names the file and what is wrong with it. */
export function readModule({ name, text }: ScriptFile): ScriptModule {
  try {
    const { exports, imports } = strip.scan(text)
    if (imports.length > 0)
      throw new Error(`it imports '${imports[0]!.path}', and a sandbox has nothing to import`)
    if (exports.length === 0) throw new Error('it exports no function that could be called')
    const code = strip.transformSync(text)
    return { name, code, exports: inOrder(exports, code) }
  } catch (error) {
    throw new Error(`script ${name}: ${faultOf(error)}`)
  }
}

// The engine sorts them by name.
function inOrder(exports: readonly string[], code: string): string[] {
  const placeOf = (name: string) => {
    const pattern =
      name === 'default' ? /\bexport\s+default\b/ : new RegExp(`\\b${escaped(name)}\\b`)
    return code.search(pattern)
  }
  return exports.toSorted((a, b) => placeOf(a) - placeOf(b))
}

const escaped = (name: string): string => name.replaceAll('$', '\\$')

/** Of a syntax error, the first place. */
function faultOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return faultOf(error.errors[0])
  const { message, position } = error as Error & { position?: { line: number; column: number } }
  return position ? `line ${position.line}:${position.column}: ${message}` : message
}
