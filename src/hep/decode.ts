// HEP bytes to one HepPacket. The frame is checked first (check.ts, one rule book for both), so the
// reading below needs no bounds checks and cannot throw, whatever the bytes are.
//
// Views, not copies: payload and extras point into the frame, so it must not be overwritten while
// the packet is in use.
import { checkPlain } from './check.ts'
import { HEAD_BYTES, magicAt, u16, u32 } from './chunks.ts'
import { readOld } from './hep-v1v2.ts'
import { inflatePayload, isFault, unwrapHep } from './inflate.ts'
import { ipv4Text, ipv6Text } from './ip-text.ts'
import type { HepChunk, HepPacket, MalformedHep } from './packet.ts'

/** Reads a HEP frame of any version, gzip'd or not; never throws. */
export function decodeHep(frame: Buffer): HepPacket | MalformedHep {
  const plain = unwrapHep(frame)
  if (isFault(plain)) return plain
  const fault = checkPlain(plain)
  if (fault !== undefined) return fault
  return magicAt(plain, 0) ? readV3(plain) : readOld(plain)
}

/** The agent's key (chunk 14) as a view; undefined when the frame carries none or is damaged. */
export function authKeyOf(frame: Buffer): Buffer | undefined {
  const plain = unwrapHep(frame)
  if (isFault(plain) || !magicAt(plain, 0)) return undefined
  let key: Buffer | undefined
  for (let at = HEAD_BYTES; at + HEAD_BYTES <= plain.length; ) {
    const bytes = u16(plain, at + 4)
    if (bytes < HEAD_BYTES || at + bytes > plain.length) return undefined
    if (bytes > HEAD_BYTES && u32(plain, at) === 14)
      key = plain.subarray(at + HEAD_BYTES, at + bytes)
    at += bytes
  }
  return key
}

const NONE: readonly HepChunk[] = []

// One walk, one object. Locals, because writing to an object's fields in the loop costs more; the
// numbers are those of CHUNK, spelled out because only then the switch becomes a jump table.
function readV3(frame: Buffer): HepPacket {
  let ipFamily = 0
  let ipProtocol = 0
  let srcIp = ''
  let dstIp = ''
  let srcPort = 0
  let dstPort = 0
  let seconds = 0
  let microseconds = 0
  let protocolType = 0
  let captureId = 0
  let captureNode = ''
  let correlationId = ''
  let authKey = ''
  let vlan = 0
  let payloadAt = 0
  let payloadEnd = 0
  let compressedAt = 0
  let extras = NONE
  for (let at = HEAD_BYTES, next = 0; at < frame.length; at = next) {
    next = at + u16(frame, at + 4)
    const body = at + HEAD_BYTES
    // biome-ignore format: one line a chunk, to be read as a table
    switch (u32(frame, at)) {
      case 1: ipFamily = frame[body]!; break
      case 2: ipProtocol = frame[body]!; break
      case 3: srcIp = ipv4Text(frame, body); break
      case 4: dstIp = ipv4Text(frame, body); break
      case 5: srcIp = ipv6Text(frame, body); break
      case 6: dstIp = ipv6Text(frame, body); break
      case 7: srcPort = u16(frame, body); break
      case 8: dstPort = u16(frame, body); break
      case 9: seconds = u32(frame, body); break
      case 10: microseconds = u32(frame, body); break
      case 11: protocolType = frame[body]!; break
      case 12: captureId = u32(frame, body); break
      case 14: if (next > body) authKey = textOf(frame, body, next); break
      case 15: if (next > body) { payloadAt = body; payloadEnd = next } break
      case 16: if (next > body) compressedAt = at; break
      case 17: if (next > body) correlationId = textOf(frame, body, next); break
      case 18: vlan = u16(frame, body); break
      case 19: if (next > body) captureNode = textOf(frame, body, next); break
      default: extras = [...extras, chunkAt(frame, at, next)]
    }
  }
  return {
    kind: 'packet',
    version: 3,
    ipFamily: ipFamily || (srcIp.includes(':') || dstIp.includes(':') ? 10 : 2),
    ipProtocol,
    srcIp,
    dstIp,
    srcPort,
    dstPort,
    atUs: seconds * 1e6 + microseconds,
    protocolType,
    captureId,
    captureNode,
    correlationId,
    authKey,
    vlan,
    payload: payloadAt > 0 ? frame.subarray(payloadAt, payloadEnd) : inflated(frame, compressedAt),
    extras,
  }
}

const chunkAt = (frame: Buffer, at: number, next: number): HepChunk => ({
  vendor: u16(frame, at),
  type: u16(frame, at + 2),
  body: frame.subarray(at + HEAD_BYTES, next),
})

function inflated(frame: Buffer, at: number): Buffer {
  const body = frame.subarray(at + HEAD_BYTES, at + u16(frame, at + 4))
  const payload = inflatePayload(body, at + HEAD_BYTES)
  return isFault(payload) ? body : payload // the check inflated it once already
}

// Agents written in C may count the terminator; inner NULs are left to whoever stores the text.
function textOf(frame: Buffer, from: number, to: number): string {
  let end = to
  while (end > from && frame[end - 1] === 0) end--
  return frame.toString('utf8', from, end)
}
