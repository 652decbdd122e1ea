// Puts an agent's key into a HEP v3 frame: chunk 14, in the place of one that was blanked when the frame
// came in. Versions 1 and 2 have no place for a key and stay as they are.
import { decodeHep, encodeHep } from '#hep'

const HEAD_BYTES = 6
const KEY_CHUNK = 14
const FRAME_BYTES_MAX = 65_535

/** A new frame that carries the key; the frame itself where none can stand in it. */
export function withKey(frame: Buffer, key: string): Buffer {
  const plain = frame.toString('latin1', 0, 4) === 'HEP3' ? frame : asVersion3(frame)
  if (plain === undefined) return frame
  const keyBytes = Buffer.byteLength(key)
  const target = Buffer.alloc(plain.length + HEAD_BYTES + keyBytes)
  let end = plain.copy(target, 0, 0, HEAD_BYTES)
  for (let at = HEAD_BYTES; at + HEAD_BYTES <= plain.length; ) {
    const next = at + Math.max(HEAD_BYTES, plain.readUInt16BE(at + 4))
    if (plain.readUInt32BE(at) !== KEY_CHUNK) end += plain.copy(target, end, at, next)
    at = next
  }
  target.writeUInt32BE(KEY_CHUNK, end)
  target.writeUInt16BE(HEAD_BYTES + keyBytes, end + 4)
  end += HEAD_BYTES + target.write(key, end + HEAD_BYTES)
  if (end > FRAME_BYTES_MAX) return frame
  target.writeUInt16BE(end, 4)
  return target.subarray(0, end)
}

/** HEP v1 and v2 as version 3, for who knows nothing else; undefined when the frame cannot be read. */
export function asVersion3(frame: Buffer): Buffer | undefined {
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') return undefined
  try {
    return encodeHep({ ...packet, version: 3 })
  } catch {
    return undefined // it would be longer than a frame may be
  }
}
