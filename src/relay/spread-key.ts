// The number by which a frame is sent one way or another: equal for all frames of one call, so that a
// call stays together whatever its frames are spread over.
//
//   SIP            its Call-ID
//   anything else  the agent's correlation id (chunk 17), which for RTCP and QoS is the Call-ID
//   neither        when it arrived: any way is as good as another
//
// FNV-1a over the bytes, then mixed, because a table is indexed by the low bits. Unlike the hash of the
// store's grouping it starts at a fixed number: relays beside each other must agree. Somebody who
// makes up Call-IDs can therefore load one node; that node's share then goes to others, see targets.ts.
import { decodeHep, hepSkim, PROTOCOL, skimHep } from '#hep'
import { parseSip } from '#sip'
import { callIdAt, findCallId } from './find-call-id.ts'

const FNV_START = 0x811c_9dc5
const FNV_PRIME = 0x0100_0193

/** 32 bits of the call that the HEP frame bytes[from, to) belongs to. */
export function spreadKeyOf(bytes: Buffer, from: number, to: number, receivedUs: number): number {
  if (!skimHep(bytes, from, to)) return keyOfOdd(bytes.subarray(from, to), receivedUs)
  const { payloadAt, payloadEnd, correlationAt, correlationEnd } = hepSkim
  if (hepSkim.protocolType === PROTOCOL.sip) {
    if (findCallId(bytes, payloadAt, payloadEnd))
      return keyOfBytes(bytes, callIdAt.from, callIdAt.to)
    const callId = callIdOf(bytes.subarray(payloadAt, payloadEnd))
    if (callId !== '') return keyOfText(callId)
  }
  if (correlationEnd > correlationAt) return keyOfBytes(bytes, correlationAt, correlationEnd)
  return mix(receivedUs | 0)
}

// What the skim leaves to others: old versions, compressed payloads, chunks of vendors.
function keyOfOdd(frame: Buffer, receivedUs: number): number {
  const packet = decodeHep(frame)
  if (packet.kind === 'malformed') return mix(receivedUs | 0)
  const callId = packet.protocolType === PROTOCOL.sip ? callIdOf(packet.payload) : ''
  const text = callId || packet.correlationId
  return text === '' ? mix(receivedUs | 0) : keyOfText(text)
}

function callIdOf(payload: Buffer): string {
  const sip = parseSip(payload)
  return sip.kind === 'request' || sip.kind === 'response' ? sip.callId : ''
}

function keyOfBytes(bytes: Buffer, from: number, to: number): number {
  let hash = FNV_START
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, FNV_PRIME)
  return mix(hash)
}

function keyOfText(text: string): number {
  const bytes = Buffer.from(text)
  return keyOfBytes(bytes, 0, bytes.length)
}

/** The key of a name, for the other side of rendezvous. */
export const keyOfName = keyOfText

/** Spreads the bits of a number over all 32 (the finalizer of MurmurHash3). */
export function mix(number: number): number {
  let hash = number ^ (number >>> 16)
  hash = Math.imul(hash, 0x85eb_ca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
