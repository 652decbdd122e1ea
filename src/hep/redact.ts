// Frames that failed a check are kept for people to look at, in the database; keys are not. Key
// bodies (chunk 14) are overwritten, found in three ways:
//
//   sound frame       chunks are walked, so nothing but the key changes
//   damaged frame     also searched for the head of a chunk 14, 00 00 00 0e and a length; what
//                     stands after it is blanked even if it was payload: better a hole than a key
//   gzip              inflated first and returned inflated; when it does not inflate, everything
//                     after the gzip header is blanked, for a person could still unpack a part
import { checkPlain } from './check.ts'
import { CHUNK, HEAD_BYTES, magicAt, u16, u32 } from './chunks.ts'
import { isFault, isGzip, unwrapHep } from './inflate.ts'

const KEY_HEAD = Buffer.from([0, 0, 0, CHUNK.authKey])
const GZIP_HEAD_BYTES = 10
const BLANK = 'x'

/** A copy of the frame, sound or damaged, whose agent key is overwritten with x. */
export function blankAuthKey(frame: Buffer): Buffer {
  const plain = unwrapHep(frame)
  const copy = Buffer.from(isFault(plain) ? frame : plain)
  if (isFault(plain) && isGzip(frame)) return copy.fill(BLANK, GZIP_HEAD_BYTES)
  const damaged = checkPlain(copy) !== undefined
  if (magicAt(copy, 0)) blankSoundChunks(copy)
  if (damaged) blankLostKeys(copy)
  return copy
}

// As far as chunks can be walked.
function blankSoundChunks(frame: Buffer): void {
  let at = HEAD_BYTES
  while (at + HEAD_BYTES <= frame.length) {
    const bytes = u16(frame, at + 4)
    if (bytes < HEAD_BYTES || at + bytes > frame.length) return
    if (u32(frame, at) === CHUNK.authKey) frame.fill(BLANK, at + HEAD_BYTES, at + bytes)
    at += bytes
  }
}

// A length that reaches past the end or is impossible says nothing: then all the rest is blanked.
function blankLostKeys(frame: Buffer): void {
  for (let at = frame.indexOf(KEY_HEAD); at >= 0; ) {
    const bytes = at + HEAD_BYTES <= frame.length ? u16(frame, at + 4) : 0
    const end = bytes >= HEAD_BYTES ? Math.min(at + bytes, frame.length) : frame.length
    frame.fill(BLANK, Math.min(at + HEAD_BYTES, frame.length), end)
    at = frame.indexOf(KEY_HEAD, end)
  }
}
