// Headers that name the other leg of a call (heplify-server's AlegIDs): a name, and after a comma or '=' an
// expression whose group 1 is the id. Of several such headers in a message the last one counts, as there.
//
//   X-CID                  the whole value
//   X-Leg,call=([^;]+)     what stands behind call=
//
// In flags and the environment commas part one header from the next: there it is '='.
//
// Expressions were written for Go; of what differs, (?i) in front and (?P<name>…) are understood. Values
// are cut before they are searched, as senders choose them.
import { visitHeaders } from '#sip'

const VALUE_CHARS_MAX = 1_024

export class AlegHeaders {
  readonly #byName = new Map<string, RegExp | undefined>()
  /** Kept, because what is looked for is made ready once for each array. */
  readonly #names: readonly string[]

  /** Throws where an expression cannot be read; the message says which. */
  constructor(ids: readonly string[]) {
    for (const id of ids) {
      const { name, expression } = parseAlegId(id)
      this.#byName.set(name.toLowerCase(), expression)
    }
    this.#names = [...this.#byName.keys()]
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0
  }

  /** '' when no header names the other leg. */
  read(payload: Buffer): string {
    let found = ''
    visitHeaders(payload, this.#names, (name, value) => {
      found = idIn(value.slice(0, VALUE_CHARS_MAX), this.#byName.get(name)) || found
    })
    return found
  }
}

function idIn(value: string, expression: RegExp | undefined): string {
  if (expression === undefined) return value
  const match = expression.exec(value)
  return match?.[1] ?? match?.[0] ?? ''
}

/** 'X-CID,^(.+)_b2b' in its two parts; throws an Error that says what is wrong. */
export function parseAlegId(id: string): { name: string; expression: RegExp | undefined } {
  const mark = id.search(/[,=]/)
  const name = (mark < 0 ? id : id.slice(0, mark)).trim()
  if (!/^[\w!%*.+`'~-]+$/.test(name))
    throw new Error(`'${id}' must begin with the name of a header, such as X-CID`)
  if (mark < 0) return { name, expression: undefined }
  const [, flags = '', source = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(id.slice(mark + 1)) ?? []
  try {
    return { name, expression: new RegExp(source.replaceAll('(?P<', '(?<'), flags) }
  } catch (error) {
    throw new Error(`'${id}': ${(error as Error).message}`)
  }
}
