// A pattern with wildcards as the literal pieces between its stars:
//
//   +4989*   ['+4989', '']       *      ['', '']
//   *89*     ['', '89', '']      bob    ['bob']      one piece: the whole text
//
// Three readings that must agree: matching here, LIKE in PostgreSQL, and the letters' case, which is
// folded for ASCII only, because that is what `collate "C"` does on every server.

export type Glob = readonly string[]

/** Does the pattern match the whole text? Linear in the text for each piece; never backtracks. */
export function globMatches(glob: Glob, text: string): boolean {
  const first = glob[0] ?? ''
  if (glob.length === 1) return text === first
  const last = glob[glob.length - 1]!
  const end = text.length - last.length
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (let piece = 1; piece < glob.length - 1; piece += 1) {
    const found = text.indexOf(glob[piece]!, at)
    if (found < 0) return false
    at = found + glob[piece]!.length
  }
  return at <= end
}

/** The same pattern found anywhere in a text. */
export function anywhere(glob: Glob): Glob {
  const begun = glob[0] === '' && glob.length > 1 ? glob : ['', ...glob]
  return begun.length > 1 && begun[begun.length - 1] === '' ? begun : [...begun, '']
}

/** ASCII letters in lower case, all others as they are. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

export function foldGlob(glob: Glob): Glob {
  return glob.map(foldCase)
}

/** The pattern for LIKE, whose own signs `%`, `_` and `\` are escaped with the default `\`. */
export function likeText(glob: Glob): string {
  return glob.map((piece) => piece.replace(/[\\%_]/g, '\\$&')).join('%')
}
