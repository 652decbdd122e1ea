// The Call-ID of a SIP message, in place, and nothing else of it: what every frame is asked for. It knows
// the header as nearly all write it and says false to everything else (folded, not ASCII, not there); then
// parseSip is asked, and where both know it they agree, which a test holds.

/** Where the last `findCallId` found it; one object reused. */
export const callIdAt = { from: 0, to: 0 }

const LF = 10
const SPACE = 32
const COLON = 58
const NAME = [...'call-id'].map((letter) => letter.charCodeAt(0))
const SHORT_NAME = 'i'.charCodeAt(0)
const CHARS_MAX = 512

/** Looks through the head of the message bytes[from, to). */
export function findCallId(bytes: Buffer, from: number, to: number): boolean {
  for (let at = bytes.indexOf(LF, from) + 1; at > 0 && at < to; ) {
    if (bytes[at]! < SPACE) return false // the blank line, or a folded one
    const end = bytes.indexOf(LF, at)
    if (end < 0 || end >= to) return false
    const value = valueAt(bytes, at, end)
    if (value > 0) return take(bytes, value, end) && bytes[end + 1]! > SPACE
    at = end + 1
  }
  return false
}

/** Where the value begins when this line is the Call-ID; else 0. */
function valueAt(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at]! | 32
  let colon = at
  if (first === SHORT_NAME) colon = at + 1
  else if (first === NAME[0]) {
    for (let i = 1; i < NAME.length; i++) if ((bytes[at + i]! | 32) !== NAME[i]) return 0
    colon = at + NAME.length
  } else return 0
  while (colon < end && bytes[colon] === SPACE) colon++
  return bytes[colon] === COLON ? colon + 1 : 0
}

function take(bytes: Buffer, value: number, end: number): boolean {
  let from = value
  let to = end
  while (from < to && bytes[from]! <= SPACE) from++
  while (to > from && bytes[to - 1]! <= SPACE) to--
  if (to === from || to - from > CHARS_MAX) return false
  for (let at = from; at < to; at++) if (bytes[at]! > 126 || bytes[at]! < SPACE) return false
  callIdAt.from = from
  callIdAt.to = to
  return true
}
