// What changed between two messages: lines first, then the words inside lines that changed. Headers are
// compared by name, wherever they stand: proxies reorder them, and order says nothing.
//
//   same      Max-Forwards                    changed   Via: … branch=[z9a]→[z9b]
//   removed   Authorization                   added     Record-Route
//
// Both steps are a longest common subsequence over at most PARTS_MAX parts a side; beyond that a text
// counts as changed whole.
import { readSipText, type SipText } from './sip-text.ts'

const PARTS_MAX = 2_000

/** A run of a text: in both, or in one of them only. */
export interface Piece {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** One line of the comparison. `pieces` are the words of a changed line. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added' | 'changed'
  readonly left: string
  readonly right: string
  readonly pieces: readonly Piece[]
}

/** Compares two payloads line by line. */
export function diffMessages(leftRaw: string, rightRaw: string): readonly DiffLine[] {
  const [left, right] = [readSipText(leftRaw), readSipText(rightRaw)]
  if (!left.isSip || !right.isSip) return pairUp(linesOf(left.body), linesOf(right.body), () => '')
  return [
    ...pairUp([left.firstLine], [right.firstLine], () => ''),
    ...pairUp(headLines(left), headLines(right), headerName),
    ...(left.body === '' && right.body === ''
      ? []
      : [SEPARATOR, ...pairUp(linesOf(left.body), linesOf(right.body), sdpType)]),
  ]
}

const SEPARATOR: DiffLine = { kind: 'same', left: '', right: '', pieces: [] }
const headLines = ({ headers }: SipText): string[] =>
  headers.map(({ name, value }) => (name === '' ? value : `${name}: ${value}`))
const linesOf = (body: string): string[] => (body === '' ? [] : body.trimEnd().split('\n'))
const headerName = (line: string): string => line.slice(0, Math.max(0, line.indexOf(':')))
// 'a=rtpmap:8' is one thing and 'a=sendrecv' another.
const sdpType = (line: string): string => /^(?:a=[\w-]+:?\d*|[a-z]=)/.exec(line)?.[0] ?? ''

/** Lines that are the same are paired; of the rest, those of one kind are one line that changed. */
function pairUp(
  left: readonly string[],
  right: readonly string[],
  kindOf: (line: string) => string,
): DiffLine[] {
  const lines: DiffLine[] = []
  let [removed, added]: [string[], string[]] = [[], []]
  const flush = () => {
    lines.push(...changedLines(removed, added, kindOf))
    removed = []
    added = []
  }
  for (const { kind, item } of commonRuns(left, right)) {
    if (kind === 'removed') removed.push(item)
    else if (kind === 'added') added.push(item)
    else {
      flush()
      lines.push({ kind: 'same', left: item, right: item, pieces: [] })
    }
  }
  flush()
  return lines
}

function changedLines(
  removed: readonly string[],
  added: string[],
  kindOf: (line: string) => string,
): DiffLine[] {
  const lines = removed.map((line): DiffLine => {
    const kind = kindOf(line)
    const at = added.findIndex((other) => kindOf(other) === kind)
    if (at < 0) return { kind: 'removed', left: line, right: '', pieces: [] }
    const [other = ''] = added.splice(at, 1)
    return { kind: 'changed', left: line, right: other, pieces: diffWords(line, other) }
  })
  return [
    ...lines,
    ...added.map((line): DiffLine => ({ kind: 'added', left: '', right: line, pieces: [] })),
  ]
}

/** Compares two texts word by word; neighbouring pieces of one kind are one. */
export function diffWords(left: string, right: string): readonly Piece[] {
  const pieces: { kind: Piece['kind']; text: string }[] = []
  for (const { kind, item } of commonRuns(wordsOf(left), wordsOf(right))) {
    const last = pieces.at(-1)
    if (last?.kind === kind) last.text += item
    else pieces.push({ kind, text: item })
  }
  return pieces
}

// Words as SIP parts them: 'branch=z9hG4bK1' is a name, a sign and a value.
const wordsOf = (text: string): string[] => text.match(/[\w.%+!~*'-]+|\s+|[^\w\s]/g) ?? []

interface Run {
  readonly kind: Piece['kind']
  readonly item: string
}

function commonRuns(left: readonly string[], right: readonly string[]): Run[] {
  if (left.length > PARTS_MAX || right.length > PARTS_MAX)
    return [
      ...left.map((item): Run => ({ kind: 'removed', item })),
      ...right.map((item): Run => ({ kind: 'added', item })),
    ]
  return commonPairs(left, right).map(([a, b]): Run => {
    if (a === undefined) return { kind: 'added', item: right[b!]! }
    return { kind: b === undefined ? 'removed' : 'same', item: left[a]! }
  })
}

/** Places in both lists: [i, j] common, [i, undefined] left only, [undefined, j] right only. */
export type Pair = readonly [number | undefined, number | undefined]

/** The longest common subsequence, in order; what is only on one side comes left before right. */
export function commonPairs(left: readonly string[], right: readonly string[]): Pair[] {
  const width = right.length + 1
  const lengths = new Uint16Array((left.length + 1) * width)
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        left[i] === right[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
  const pairs: Pair[] = []
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) pairs.push([i++, j++])
    else if (
      j >= right.length ||
      (i < left.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    )
      pairs.push([i++, undefined])
    else pairs.push([undefined, j++])
  }
  return pairs
}
