// The topmost Via's branch. It names the transaction: the same branch on a request, its responses,
// its ACK (to a failure) and its CANCEL.
import { cutField, unfold } from './wire-text.ts'

/** Branch of the first of the Vias in a value between two offsets; '' when it has none. */
export function readBranch(head: string, start: number, end: number): string {
  const at = head.indexOf(';branch=', start)
  if (at < 0 || at >= end) return readOddBranch(head.slice(start, end))
  // A comma before it: this branch may belong to a second Via on the same line.
  const comma = head.indexOf(',', start)
  if (comma >= 0 && comma < at) return readOddBranch(head.slice(start, end))
  const from = at + 8
  let stop = from
  while (stop < end && !endsBranch(head.charCodeAt(stop))) stop += 1
  return cutField(head.slice(from, stop))
}

function endsBranch(char: number): boolean {
  return char === 59 || char === 44 || char <= 32 // ; , blank
}

/** Folded, blanks around '=', 'Branch' in other case, quoted commas: rare, so a regular expression. */
function readOddBranch(value: string): string {
  const first = /^(?:"(?:[^"\\]|\\.)*"|[^",])*/s.exec(unfold(value))?.[0] ?? ''
  return cutField(/;\s*branch\s*=\s*([^\s;,]*)/i.exec(first)?.[1] ?? '')
}
