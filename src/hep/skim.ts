// The quick look at a frame that is like nearly all frames: version 3, generic chunks only, payload
// plain in chunk 15. One walk that checks and reads at once, in place, without a view or an object;
// the result stands in `hepSkim` until the next call.
//
// It says false to everything else (older versions, gzip, vendor chunks, compressed payloads, any
// fault), and the caller asks decodeHep, which knows all of it. Where it says true it agrees with
// decodeHep field by field: a property test holds that.
import { CHUNKS_MAX, FIXED_BYTES, HEAD_BYTES, magicAt, u16, u32 } from './chunks.ts'
import { ipv4Text, ipv6Text } from './ip-text.ts'
import { recentText } from './recent-text.ts'

/** What the last `skimHep` found; one object reused. Fields as in HepPacket. */
export const hepSkim = {
  ipProtocol: 0,
  srcIp: '',
  dstIp: '',
  srcPort: 0,
  dstPort: 0,
  atUs: 0,
  protocolType: 0,
  captureId: 0,
  captureNode: '',
  vlan: 0,
  /** Where chunk 17 lies, without terminators; both 0 when there is none. */
  correlationAt: 0,
  correlationEnd: 0,
  payloadAt: 0,
  payloadEnd: 0,
}

/** Reads the frame bytes[from, to) into `hepSkim`; false when decodeHep has to. */
export function skimHep(bytes: Buffer, from: number, to: number): boolean {
  if (to - from < HEAD_BYTES || !magicAt(bytes, from) || u16(bytes, from + 4) !== to - from) {
    return false
  }
  const into = hepSkim
  clear()
  let seconds = 0
  let microseconds = 0
  let count = 0
  for (let at = from + HEAD_BYTES, next = 0; at < to; at = next, count += 1) {
    if (to - at < HEAD_BYTES || count === CHUNKS_MAX) return false
    const type = u32(bytes, at)
    const size = u16(bytes, at + 4)
    next = at + size
    if (type >= FIXED_BYTES.length || size < HEAD_BYTES || next > to) return false
    const fixed = FIXED_BYTES[type]!
    if (fixed !== 0 && fixed !== size) return false
    const body = at + HEAD_BYTES
    // biome-ignore format: one line a chunk, to be read as a table
    switch (type) {
      case 1: break // the family: the addresses say it too
      case 2: into.ipProtocol = bytes[body]!; break
      case 3: into.srcIp = ipv4Text(bytes, body); break
      case 4: into.dstIp = ipv4Text(bytes, body); break
      case 5: into.srcIp = ipv6Text(bytes, body); break
      case 6: into.dstIp = ipv6Text(bytes, body); break
      case 7: into.srcPort = u16(bytes, body); break
      case 8: into.dstPort = u16(bytes, body); break
      case 9: seconds = u32(bytes, body); break
      case 10: microseconds = u32(bytes, body); break
      case 11: into.protocolType = bytes[body]!; break
      case 12: into.captureId = u32(bytes, body); break
      case 14: break // the agent's key: nobody here is to have it
      case 15: if (next > body) { into.payloadAt = body; into.payloadEnd = next } break
      case 17: if (next > body) { into.correlationAt = body; into.correlationEnd = textEnd(bytes, body, next) } break
      case 18: into.vlan = u16(bytes, body); break
      case 19: if (next > body) into.captureNode = recentText(bytes, body, textEnd(bytes, body, next)); break
      default: return false
    }
  }
  into.atUs = seconds * 1e6 + microseconds
  return into.payloadAt > 0
}

function clear(): void {
  hepSkim.ipProtocol = 0
  hepSkim.srcIp = ''
  hepSkim.dstIp = ''
  hepSkim.srcPort = 0
  hepSkim.dstPort = 0
  hepSkim.protocolType = 0
  hepSkim.captureId = 0
  hepSkim.captureNode = ''
  hepSkim.vlan = 0
  hepSkim.correlationAt = 0
  hepSkim.correlationEnd = 0
  hepSkim.payloadAt = 0
}

/** Agents written in C may count the terminator. */
function textEnd(bytes: Buffer, from: number, to: number): number {
  let end = to
  while (end > from && bytes[end - 1] === 0) end -= 1
  return end
}
